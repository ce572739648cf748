import { migrate } from "../../migrations/migrate.ts";
import { labelOf } from "../../migrations/migration.ts";
import type { Command } from "../command.ts";
import { moduleList } from "../module-list.ts";

export const migrateCommand: Command = {
  name: "migrate",
  summary: "bring the database to the newest schema",
  makesFolder: true,
  stops: true,
  options: {
    modules: {
      type: "string",
      value: "<a,b>",
      help: "modules to install, with what they require; default all",
    },
  },
  prepare(values) {
    const modules = moduleList(values);
    return async ({ target, terminal, json }) => {
      const { applied } = await migrate({
        client: target.client,
        ...modules,
        onStep: (step) => {
          // Between two migrations nothing is half done.
          terminal.signal.throwIfAborted();
          terminal.progress(labelOf(step), step.index + 1, step.total);
        },
      });
      if (json) terminal.print(JSON.stringify({ applied }));
      else if (applied.length === 0) terminal.print("Nothing to apply: the schema is the newest.");
      else for (const migration of applied) terminal.print(`applied ${labelOf(migration)}`);
      return 0;
    };
  },
};
