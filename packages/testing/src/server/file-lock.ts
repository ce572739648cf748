import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { TestServerError } from "./errors.ts";

/**
 * What `work` returns, while no other process holds the lock `file` (created, and left behind empty).
 * The kernel keeps the lock for a child that lives as long as our end of its pipe, so it is free again
 * however this process ends, and can never be stale.
 * @throws {TestServerError} INSTALL when the lock is not free within `timeoutMs` (default 15 minutes)
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  timeoutMs = 15 * 60_000,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const holder = spawn("flock", ["--wait", seconds, file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // Ctrl-C must not free the lock before the work has ended
  });
  await new Promise<void>((resolve, reject) => {
    holder.once("error", reject);
    holder.stdout.once("data", () => resolve());
    holder.once("exit", () => {
      const next = "wait for the process that holds it, or end that process";
      reject(new TestServerError("INSTALL", `the lock ${file} was not free within ${seconds} s; ${next}`));
    });
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
