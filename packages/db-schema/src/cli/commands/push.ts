import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { labelOf } from "../../migrations/migration.ts";
import type { PushResult } from "../../push/options.ts";
import type { Command } from "../command.ts";
import { moduleList } from "../module-list.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

export const pushCommand: Command = {
  name: "push",
  summary: "for development: bring the database to Drizzle tables, dropping nothing",
  makesFolder: true,
  options: {
    schema: {
      type: "string",
      value: "<file>",
      help: "module that exports the tables; default the tables of the modules",
    },
    modules: {
      type: "string",
      value: "<a,b>",
      help: "modules whose migrations come first; default those that the database has, else all",
    },
    "dry-run": { type: "boolean", help: "print the statements, and change nothing" },
  },
  prepare(values) {
    const modules = moduleList(values);
    const dryRun = values["dry-run"] === true;
    const file = values.schema as string | undefined;
    return async ({ target: { client }, terminal, json }) => {
      const schema = file === undefined ? {} : { schema: await tablesOf(file) };
      const { push } = await import("../../push/push.ts");
      const result = await push({
        client,
        ...modules,
        ...schema,
        dryRun,
        onStep: ({ index, total }) => terminal.progress("push", index + 1, total),
      });
      if (json) terminal.print(JSON.stringify(result));
      else report(result, terminal);
      return 0;
    };
  },
};

async function tablesOf(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "it threw no error";
    throw new UsageError(`--schema ${file} could not be loaded: ${reason}`);
  }
}

function report({ migrated, statements, discarded }: PushResult, terminal: Terminal): void {
  for (const migration of migrated) terminal.print(`migration ${labelOf(migration)}`);
  for (const statement of statements) terminal.print(statement);
  if (migrated.length + statements.length === 0) terminal.print("Nothing to push.");
  if (discarded.length > 0) {
    terminal.note(`${discarded.length} differences stay as they are; --json lists them with their reasons.`);
  }
}
