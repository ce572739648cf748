import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of `../processes` that is started again whenever it was killed. */
export interface Child {
  readonly name: string;
  start(): void;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** Each line that it writes to its standard output. */
  onLine?: (line: string) => void;
  /** It ended though nobody told it to, with an error when it was told to, or not at all. */
  onFault: (fault: string) => void;
}

const endsWithinMs = 30_000;

export function createChild(
  name: string,
  script: string,
  args: readonly string[],
  { onLine, onFault }: ChildOptions,
): Child {
  const path = fileURLToPath(new URL(`../processes/${script}.ts`, import.meta.url));
  let running: { child: ChildProcess; ended: Promise<unknown> } | undefined;

  const start = () => {
    const child = spawn(process.execPath, ["--conditions=@devora/source", path, ...args], {
      stdio: ["ignore", onLine === undefined ? "ignore" : "pipe", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (data) => {
      errors = (errors + String(data)).slice(-2_000);
    });
    if (child.stdout !== null && onLine !== undefined) createInterface(child.stdout).on("line", onLine);
    const ended = once(child, "close").then(([code, signal]) => {
      if (running?.child === child) {
        running = undefined;
        onFault(`${name} ended by itself with ${code ?? signal}: ${errors}`);
        start();
      } else if (code !== 0 && signal === null) {
        // By the signal itself it may end as long as it does not listen to it, and has begun nothing.
        onFault(`${name} was told to end, and ended with ${code ?? signal}: ${errors}`);
      }
    });
    running = { child, ended };
  };

  const end = async (signal: NodeJS.Signals) => {
    if (running === undefined) return;
    const { child, ended } = running;
    running = undefined;
    child.kill(signal);
    const stuck = setTimeout(() => {
      onFault(`${name} did not end within ${endsWithinMs / 1000} s of ${signal}`);
      child.kill("SIGKILL");
    }, endsWithinMs);
    await ended;
    clearTimeout(stuck);
  };

  return { name, start, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}
