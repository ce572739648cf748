import { parseArgs } from "node:util";
import { TestServerError } from "./errors.ts";
import type { StartServerOptions } from "./options.ts";

/** The help text of the command line program. */
export const usage = `Starts a throw-away PostgreSQL on 127.0.0.1 and removes it at the end.

  node packages/testing/src/server/cli.ts [options] [-- command arguments…]

  --version 15|18       18 (default) has pgvector; 15 is the oldest supported version
  --durable             every commit reaches the disk (default: fast, safe but for a power cut)
  --text-search         loads pg_textsearch (18 only)
  --setting name=value  a server setting, may be repeated
  --pgbouncer           a PgBouncer in transaction mode before the server
  --help                this text

With a command: runs it with DATABASE_URL, DATABASE_ADMIN_URL (superuser) and, with --pgbouncer,
PGBOUNCER_URL in its environment, and exits with its exit code.
Without: prints these as lines NAME=value and stays until Ctrl-C.
`;

/** What the command line asked for. */
export interface CliArguments {
  readonly help: boolean;
  readonly pgbouncer: boolean;
  readonly server: StartServerOptions;
  /** Program and arguments; empty for none. */
  readonly command: readonly string[];
}

/**
 * Reads the arguments after the script's name; versions and settings are checked by `startServer`.
 * @throws {TestServerError} INVALID_OPTION for an unknown argument or a setting without `=`
 */
export function parseCliArguments(args: readonly string[]): CliArguments {
  const end = args.indexOf("--");
  const own = end === -1 ? args : args.slice(0, end);
  const command = end === -1 ? [] : args.slice(end + 1);
  try {
    const { values } = parseArgs({
      args: [...own],
      options: {
        version: { type: "string", default: "18" },
        durable: { type: "boolean", default: false },
        "text-search": { type: "boolean", default: false },
        setting: { type: "string", multiple: true, default: [] },
        pgbouncer: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const server = {
      version: values.version as "15" | "18",
      durable: values.durable,
      textSearch: values["text-search"],
      settings: Object.fromEntries(values.setting.map(parseSetting)),
    };
    return { help: values.help, pgbouncer: values.pgbouncer, server, command };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TestServerError("INVALID_OPTION", `${message}\nSee --help`, { cause });
  }
}

function parseSetting(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(`--setting must be name=value; received ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
