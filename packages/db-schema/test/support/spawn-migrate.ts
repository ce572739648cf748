import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Migration } from "../../src/migrations/migration.ts";

const script = fileURLToPath(new URL("migrate-process.ts", import.meta.url));

/** Migrates in a process of its own; `applied` is how many it applied, or an error where it ended otherwise. */
export function spawnMigrate(
  url: string,
  list: readonly Migration[],
): { child: ChildProcess; applied: Promise<number> } {
  const child = spawn(process.execPath, ["--conditions=@devora/source", script, url], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Not as an argument: those end at 128 kB. A process that is killed meanwhile does not read on.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(list));
  let output = "";
  let errors = "";
  child.stdout.on("data", (data) => {
    output += String(data);
  });
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const applied = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(Number(output));
      else reject(new Error(`migrate ended with ${code ?? signal}: ${errors}`));
    });
  });
  return { child, applied };
}
