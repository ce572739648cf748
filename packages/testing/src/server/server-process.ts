import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { TestServerError } from "./errors.ts";
import { onExit } from "./exit-hooks.ts";
import { type Installation, spawnAsPlainUser } from "./installation.ts";
import { poll, pollBlocking } from "./poll.ts";
import { hasEnded, signalProcess } from "./processes.ts";
import { lastLines } from "./run-command.ts";

/** What to start, and how to know that it is ready. */
export interface ServerProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** File that the server's standard output and error are appended to. */
  readonly logFile: string;
  readonly isReady: (pid: number) => boolean | Promise<boolean>;
  readonly startTimeoutMs: number;
}

/**
 * Starts a server as the installation's plain user and waits until it is ready.
 * @returns its process id
 * @throws {TestServerError} NOT_READY with the last lines of its log when it ends or is not ready in time;
 *   then it is not running any more
 */
export async function startServerProcess(
  installation: Installation,
  { program, args, logFile, isReady, startTimeoutMs }: ServerProcessOptions,
): Promise<number> {
  const log = openSync(logFile, "a", 0o600);
  const child = spawnAsPlainUser(installation, program, args, {
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new TestServerError("COMMAND", `${program} was started but has no process id`);

  let ready = false;
  const release = onExit(() => endProcessBlocking(pid));
  await poll(async () => {
    ready = await isReady(pid);
    return ready || hasEnded(pid);
  }, startTimeoutMs).finally(release);
  if (ready && !hasEnded(pid)) return pid;

  const what = hasEnded(pid) ? "ended by itself" : `was not ready within ${startTimeoutMs / 1000} s`;
  await endProcess(pid, [
    ["SIGQUIT", 5000],
    ["SIGKILL", 5000],
  ]);
  const tail = lastLines(readFileSync(logFile, "utf8"));
  throw new TestServerError("NOT_READY", `${program} ${what}; the last lines of its log were:\n${tail}`);
}

/** Sends one signal after the other, each with the time to obey in ms, until the process has ended. */
export async function endProcess(
  pid: number,
  attempts: readonly (readonly [signal: NodeJS.Signals, waitMs: number])[],
): Promise<void> {
  for (const [signal, waitMs] of attempts) {
    signalProcess(pid, signal);
    if (await poll(() => hasEnded(pid), waitMs)) return;
  }
  throw new TestServerError("COMMAND", `the process ${pid} did not end; end it with: kill -9 ${pid}`);
}

/** Ends a server from an exit handler: asks it to stop at once, and blocks the thread for at most 10 s. */
export function endProcessBlocking(pid: number): void {
  signalProcess(pid, "SIGQUIT");
  if (!pollBlocking(() => hasEnded(pid), 10_000)) signalProcess(pid, "SIGKILL");
}
