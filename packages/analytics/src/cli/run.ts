import { isDatabaseError, toDatabaseError } from "@devora/db-schema";
import manifest from "../../package.json" with { type: "json" };
import { isAnalyticsError } from "../errors.ts";
import { findCommand, parseOptions } from "./arguments.ts";
import type { Command, Values } from "./command.ts";
import { commands } from "./commands/index.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { loadConfig } from "./load-config.ts";
import { redact } from "./redact.ts";
import { assertTarget, openTarget } from "./target.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { textOption } from "./values.ts";

export interface Run {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
}

/** Runs one command line. @returns the exit code: 0 fine, 1 failed or something is left, 2 wrong usage, 130 stopped */
export async function run({ args, env, terminal }: Run): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "--version") {
    const text = first === "--version" ? manifest.version : generalHelp(commands);
    if (first === undefined) terminal.note(text);
    else terminal.print(text);
    return first === undefined ? 2 : 0;
  }
  const secrets = [env.DATABASE_URL, env.POSTHOG_API_KEY, env.POSTHOG_PERSONAL_API_KEY];
  try {
    const command = findCommand(commands, first);
    const values = parseOptions(command, rest);
    if (values.help === true) {
      terminal.print(commandHelp(command));
      return 0;
    }
    secrets.push(textOption(values, "database-url"));
    return await work(command, values, { env, terminal });
  } catch (error) {
    if (terminal.signal.aborted) {
      terminal.note("Stopped. Run the command again to go on.");
      return 130;
    }
    terminal.note(redact(explain(error), secrets));
    const isUsage =
      error instanceof UsageError || (isAnalyticsError(error) && error.code === "INVALID_OPTION");
    return isUsage ? 2 : 1;
  }
}

async function work(command: Command, values: Values, { env, terminal }: Omit<Run, "args">): Promise<number> {
  if (values["database-url"] !== undefined && values.embedded !== undefined) {
    throw new UsageError("Pass either --database-url or --embedded.");
  }
  const path = textOption(values, "config");
  const config = path === undefined ? undefined : await loadConfig(path);
  try {
    const doWork = command.prepare({ values, env, config });
    const where = {
      url: textOption(values, "database-url") ?? env.DATABASE_URL,
      embedded: textOption(values, "embedded"),
    };
    assertTarget(where);
    const target = await openTarget(where);
    try {
      const code = await doWork({ db: target.db, terminal, json: values.json === true });
      return terminal.signal.aborted ? 130 : code;
    } finally {
      await target.close();
    }
  } finally {
    await config?.close?.();
  }
}

/** What happened and what to do, without stack and without values. */
function explain(thrown: unknown): string {
  const error = toDatabaseError("devora-analytics", thrown);
  if (error instanceof UsageError) return `${error.message}\nRun devora-analytics --help.`;
  if (isAnalyticsError(error) || isDatabaseError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "Failed for an unknown reason.";
}
