import { labelOf } from "../../migrations/migration.ts";
import { status } from "../../migrations/status.ts";
import type { Command } from "../command.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "list the migrations and whether the database has them",
  options: {},
  prepare:
    () =>
    async ({ target, terminal, json }) => {
      const migrations = await status({ client: target.client });
      if (json) terminal.print(JSON.stringify(migrations));
      else {
        const width = Math.max(...migrations.map((migration) => labelOf(migration).length)) + 2;
        for (const migration of migrations) {
          const { state, appliedAt } = migration;
          terminal.print(
            `${labelOf(migration).padEnd(width)}${state.padEnd(9)}${appliedAt?.toISOString() ?? ""}`.trimEnd(),
          );
        }
      }
      return 0;
    },
};
