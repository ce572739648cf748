import manifest from "../../package.json" with { type: "json" };
import { isDatabaseError, toDatabaseError } from "../database-error.ts";
import { isSchemaError } from "../errors.ts";
import { findCommand, parseOptions } from "./arguments.ts";
import type { Command, Values } from "./command.ts";
import { commands } from "./commands/index.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { redact } from "./redact.ts";
import { assertTarget, openTarget, type TargetOptions } from "./target.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export interface Run {
  args: readonly string[];
  /** Where the database is when no option says so. */
  databaseUrl: string | undefined;
  /** The world outside, once it is known which command runs. */
  terminalFor(command: Command | undefined): Terminal;
}

/** Runs one command line. @returns the exit code: 0 fine, 1 failed, 2 wrong usage, 130 stopped */
export async function run({ args, databaseUrl, terminalFor }: Run): Promise<number> {
  const [first, ...rest] = args;
  const outside = terminalFor(undefined);
  if (first === undefined || first === "--help" || first === "--version") {
    const text = first === "--version" ? manifest.version : generalHelp(commands);
    if (first === undefined) outside.note(text);
    else outside.print(text);
    return first === undefined ? 2 : 0;
  }
  let url = databaseUrl;
  try {
    const command = findCommand(commands, first);
    const values = parseOptions(command, rest);
    if (typeof values.url === "string") url = values.url;
    if (values.help === true) {
      outside.print(commandHelp(command));
      return 0;
    }
    return await work(command, values, { url, terminal: terminalFor(command) });
  } catch (error) {
    outside.note(redact(explain(error), url));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function work(
  command: Command,
  values: Values,
  { url, terminal }: { url: string | undefined; terminal: Terminal },
): Promise<number> {
  if (values.url !== undefined && values.embedded !== undefined) {
    throw new UsageError("Pass either --url or --embedded.");
  }
  const doWork = command.prepare(values);
  const where: TargetOptions = {
    url,
    embedded: values.embedded as string | undefined,
    makesFolder: command.makesFolder === true,
  };
  assertTarget(where);
  const target = await openTarget(where);
  try {
    const code = await doWork({ target, terminal, json: values.json === true });
    return terminal.signal.aborted ? 130 : code;
  } catch (error) {
    if (!terminal.signal.aborted) throw error;
    terminal.note("Stopped. What was under way is undone; run the command again to go on.");
    return 130;
  } finally {
    await target.close();
  }
}

/** What happened and what to do, without stack and without values. */
function explain(thrown: unknown): string {
  const error = toDatabaseError("devora-db", thrown);
  if (error instanceof UsageError) {
    return `${error.message}\nRun devora-db --help, or devora-db <command> --help.`;
  }
  if (isSchemaError(error) || isDatabaseError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "Failed for an unknown reason.";
}
