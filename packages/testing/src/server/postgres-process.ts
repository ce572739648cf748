import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TestServerError } from "./errors.ts";
import { freePort } from "./free-port.ts";
import { type Installation, insideRoot, postgresProgram } from "./installation.ts";
import { poll } from "./poll.ts";
import { childrenOf, hasEnded, signalProcess } from "./processes.ts";
import { runCommand } from "./run-command.ts";
import { endProcess, startServerProcess } from "./server-process.ts";

/** How a server is asked to stop: `fast` ends clients and writes a checkpoint, `immediate` is a crash. */
export type StopMode = "fast" | "immediate";

/** A started `postgres`, as the operating system sees it. */
export interface PostgresProcess {
  readonly pid: number;
  readonly dataDir: string;
  readonly port: number;
}

/** How to start it. */
export interface StartPostgresOptions {
  readonly dataDir: string;
  readonly logFile: string;
  readonly startTimeoutMs: number;
}

/**
 * Starts `postgres` over an initialised data folder and waits until it accepts connections.
 * @throws {TestServerError} NOT_READY with the last lines of its log
 */
export async function startPostgres(
  installation: Installation,
  options: StartPostgresOptions & { readonly port: number },
): Promise<PostgresProcess> {
  const { dataDir, port, logFile, startTimeoutMs } = options;
  const pid = await startServerProcess(installation, {
    program: postgresProgram(installation, "postgres"),
    args: ["-D", insideRoot(installation, dataDir), "-p", String(port)],
    logFile,
    startTimeoutMs,
    isReady: (started) => {
      const state = readPidFile(dataDir);
      return state?.pid === started && state.status === "ready";
    },
  });
  return { pid, dataDir, port };
}

/** {@link startPostgres} on a port that is free; another one if somebody takes it in between, at most 3 times. */
export async function startPostgresOnFreePort(
  installation: Installation,
  options: StartPostgresOptions,
): Promise<PostgresProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startPostgres(installation, { ...options, port: await freePort() });
    } catch (error) {
      const isTaken = error instanceof TestServerError && error.message.includes("could not bind IPv4");
      if (!isTaken || attempt === 3) throw error;
    }
  }
}

/** Stops the server and waits for its end: half a minute for its own way, then harder. */
export async function stopPostgres({ pid }: PostgresProcess, mode: StopMode): Promise<void> {
  const signal = mode === "fast" ? "SIGINT" : "SIGQUIT";
  await endProcess(pid, [
    [signal, 30_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 10_000],
  ]);
}

/**
 * Kills the server and its backends with SIGKILL, as the kernel does when memory runs out, and waits for their end.
 * Nothing that was committed is lost, with `fsync` off either, because the kernel still has the written pages.
 * The one thing such a server leaves outside its folder, its shared memory segment, is removed.
 */
export async function killPostgres({ pid, dataDir }: PostgresProcess): Promise<void> {
  const segment = readPidFile(dataDir)?.sharedMemoryId;
  const backends = childrenOf(pid);
  for (const victim of [pid, ...backends]) signalProcess(victim, "SIGKILL");
  await poll(() => [pid, ...backends].every(hasEnded), 10_000);
  if (segment) await runCommand("ipcrm", ["-m", segment]).catch(() => {}); // 56 bytes at most
}

/** PostgreSQL's own note about its state; lines as in its source file `pidfile.h`. */
function readPidFile(dataDir: string): { pid: number; sharedMemoryId?: string; status?: string } | undefined {
  try {
    const lines = readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
    const sharedMemoryId = lines[6]?.trim().split(/\s+/)[1] ?? "";
    return { pid: Number(lines[0]), sharedMemoryId, status: lines[7]?.trim() ?? "" };
  } catch {
    return undefined;
  }
}
