import { migrate, plan } from "../../migrations/migrate.ts";
import { labelOf } from "../../migrations/migration.ts";
import type { Command, Work } from "../command.ts";
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
    "dry-run": { type: "boolean", help: "print the SQL that would run, and change nothing" },
  },
  prepare(values) {
    const modules = moduleList(values);
    if (values["dry-run"] === true) return printPlan(modules);
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

/** The SQL on stdout, to read or to hand to whoever may change the schema. */
const printPlan =
  (modules: ReturnType<typeof moduleList>): Work =>
  async ({ target, terminal, json }) => {
    const planned = await plan({ client: target.client, ...modules });
    if (json) terminal.print(JSON.stringify({ planned }));
    else if (planned.length === 0) terminal.note("Nothing to apply: the schema is the newest.");
    else {
      for (const step of planned) {
        const how = step.transactional ? "in one transaction" : "outside a transaction";
        terminal.print(`-- ${labelOf(step)}, ${how}\n${step.sql}`);
      }
    }
    return 0;
  };
