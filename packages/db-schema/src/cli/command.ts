import type { Target } from "./target.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  type: "string" | "boolean";
  /** How the help names the value, for example `<n>`. */
  value?: string;
  help: string;
}

/** Options as given; a string option that was left out is undefined. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Context {
  target: Target;
  terminal: Terminal;
  /** Machines read the answer: one JSON value on stdout. */
  json: boolean;
}

/** Does the work and answers the exit code. */
export type Work = (context: Context) => Promise<number>;

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Makes the embedded folder when it is absent. Default: an absent one is refused. */
  readonly makesFolder?: boolean;
  /** Ends by `terminal.signal` at a point where nothing is half done. Default: Ctrl-C ends the process at once. */
  readonly stops?: boolean;
  /** Checks the options before anything is opened. @throws {UsageError} */
  prepare(values: Values): Work;
}

/** Options of every command. */
export const commonOptions = {
  url: {
    type: "string",
    value: "<url>",
    help: "connection URL of a direct connection; default DATABASE_URL",
  },
  embedded: {
    type: "string",
    value: "<folder>",
    help: "folder of an embedded database, instead of a server",
  },
  json: { type: "boolean", help: "print the result as JSON" },
  help: { type: "boolean", help: "print this" },
} as const satisfies Record<string, Option>;
