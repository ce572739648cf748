import { type ChildProcess, spawn } from "node:child_process";
import { TestServerError } from "./errors.ts";
import { onExit } from "./exit-hooks.ts";
import { pollBlocking } from "./poll.ts";
import { childrenOf, hasEnded } from "./processes.ts";

/** What a finished program wrote. */
export interface CommandOutput {
  readonly stdout: string;
}

/** How to run a program; all are optional. */
export interface CommandOptions {
  /** Variables on top of the caller's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Text for standard input. Default: none. */
  readonly input?: string;
}

/**
 * What a program run to its end wrote on standard output. It is ended when this process ends.
 * @throws {TestServerError} COMMAND with the last lines of its output when it cannot start or fails
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const child = spawn(program, args, { env: { ...process.env, ...options.env } });
  return outputOf(child, program, options.input);
}

/** Collects what `child` writes until it ends; see {@link runCommand}. `name` is for the error. */
export function outputOf(child: ChildProcess, name: string, input = ""): Promise<CommandOutput> {
  const release = onExit(() => endFamilyBlocking(child));
  let stdout = "";
  let all = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    all += text;
  });
  child.stdin?.on("error", () => {}); // a program that does not read its input is no failure
  child.stdin?.end(input);

  return new Promise<CommandOutput>((resolve, reject) => {
    child.on("error", (cause) => {
      reject(new TestServerError("COMMAND", `could not run ${name}: ${cause.message}`, { cause }));
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve({ stdout });
      const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      reject(new TestServerError("COMMAND", `${name} ${end}; its last lines were:\n${lastLines(all)}`));
    });
  }).finally(release);
}

/** Ends the program from an exit handler, and waits for it and its children, which stop when it does. */
function endFamilyBlocking(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const family = [child.pid, ...childrenOf(child.pid)];
  child.kill("SIGTERM");
  pollBlocking(() => family.every(hasEnded), 5000);
}

/** The last `count` lines of `text`, indented, without the credentials of any address in it. */
export function lastLines(text: string, count = 25): string {
  const lines = text.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  ${line.replace(/\/\/[^/@\s]*@/g, "//***@")}`).join("\n");
}
