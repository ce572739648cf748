import type { Database } from "@devora/db-schema";
import type { CliConfig } from "./load-config.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  type: "string" | "boolean";
  /** How the help names the value, for example `<n>`. */
  value?: string;
  help: string;
}

/** Options as given; one that was left out is undefined. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Context {
  db: Database;
  terminal: Terminal;
  /** Machines read the answer: one JSON value on stdout. */
  json: boolean;
}

/** Does the work and answers the exit code. */
export type Work = (context: Context) => Promise<number>;

export interface Given {
  values: Values;
  /** Keys are read from it, so that they stand in no list of processes. */
  env: Readonly<Record<string, string | undefined>>;
  /** The host's module; undefined without `--config`. */
  config: CliConfig | undefined;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Checks the options before anything is opened. @throws {UsageError} */
  prepare(given: Given): Work;
}

/** Options of every command. */
export const commonOptions = {
  "database-url": { type: "string", value: "<url>", help: "connection URL; default DATABASE_URL" },
  embedded: {
    type: "string",
    value: "<folder>",
    help: "folder of an embedded database, instead of a server",
  },
  config: {
    type: "string",
    value: "<file>",
    help: "module whose default export is { destinations?, readers?, catalogue?, hashKey?, close? }",
  },
  json: { type: "boolean", help: "print the result as JSON" },
  help: { type: "boolean", help: "print this" },
} as const satisfies Record<string, Option>;
