import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export interface CliOptions {
  databaseUrl?: string | undefined;
  /** Called with the process whenever it wrote to stderr, with all of it so far. */
  onError?: (err: string, child: ChildProcess) => void;
}

/** Runs the real command as a process of its own, without a terminal. */
export async function runCli(
  args: readonly string[],
  { databaseUrl, onError }: CliOptions = {},
): Promise<Outcome> {
  const { DATABASE_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--conditions=@devora/source", bin, ...args], {
    env: { ...env, ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const outcome: Outcome = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    outcome.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    outcome.err += chunk;
    onError?.(outcome.err, child);
  });
  outcome.code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return outcome;
}
