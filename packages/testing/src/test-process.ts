import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** A script in a process of its own. What it writes to stderr is seen in the output of the test. */
export interface TestProcess {
  /** Resolves with its first line on stdout, by which it says that it stands still; `ended` when it ended before. */
  standing: Promise<string>;
  /** Exit code and signal. */
  ended: Promise<[number | null, NodeJS.Signals | null]>;
  /** Sends a signal, and resolves as `ended`. */
  kill(signal: NodeJS.Signals): TestProcess["ended"];
}

/** Starts a script, a TypeScript file, with arguments. */
export function startProcess(script: URL, args: readonly string[]): TestProcess {
  const child = spawn(process.execPath, ["--conditions=@devora/source", fileURLToPath(script), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close") as TestProcess["ended"];
  const line = once(createInterface(child.stdout), "line").then(([text]) => String(text));
  return {
    standing: Promise.race([line, ended.then(() => "ended")]),
    ended,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/**
 * Runs a script until it writes `standing`, kills it with -9, and waits until the server has noticed: its
 * connections name themselves `doomed` (application_name).
 */
export async function killStanding(db: Database, script: URL, args: readonly string[]): Promise<void> {
  const doomed = startProcess(script, args);
  const line = await doomed.standing;
  await doomed.kill("SIGKILL");
  if (line !== "standing") throw new Error(`The process was to stand still, and answered: ${line}.`);
  const connections = sql`select pid from pg_stat_activity where application_name = 'doomed' and datname = current_database()`;
  while ((await rowsOf(db, connections)).length > 0);
}
