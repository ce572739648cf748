import { planRollback, rollback } from "../../migrations/migrate.ts";
import { labelOf } from "../../migrations/migration.ts";
import type { Command } from "../command.ts";
import { mayLose } from "../confirm.ts";
import { UsageError } from "../usage-error.ts";
import { wholeNumber } from "../values.ts";

export const rollbackCommand: Command = {
  name: "rollback",
  summary: "take back the newest migrations; their rows are lost",
  options: {
    steps: { type: "string", value: "<n>", help: "how many migrations to take back" },
    yes: { type: "boolean", help: "do not ask" },
  },
  prepare(values) {
    const steps = wholeNumber(values, "steps", { min: 1, max: 1000 });
    if (steps === undefined)
      throw new UsageError("rollback needs --steps <n>: how many migrations to take back.");
    return async ({ target: { client }, terminal, json }) => {
      const doomed = await planRollback({ client, steps });
      const names = doomed.map(labelOf).join(", ");
      const ask = doomed.length > 0;
      if (
        ask &&
        !(await mayLose(
          terminal,
          `This takes back ${names}, with all rows of their tables.`,
          values.yes === true,
        ))
      ) {
        return 1;
      }
      const { rolledBack } = ask ? await rollback({ client, steps }) : { rolledBack: [] };
      if (json) terminal.print(JSON.stringify({ rolledBack }));
      else if (rolledBack.length === 0) terminal.print("Nothing to take back.");
      else for (const migration of rolledBack) terminal.print(`took back ${labelOf(migration)}`);
      return 0;
    };
  },
};
