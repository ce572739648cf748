import { spawn } from "node:child_process";
import { constants } from "node:os";
import { parseCliArguments, usage } from "./cli-arguments.ts";
import { TestServerError } from "./errors.ts";
import { startPgBouncer } from "./start-pgbouncer.ts";
import { startServer } from "./start-server.ts";

const started = performance.now();
const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TestServerError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const { help, pgbouncer, server: options, command } = parseCliArguments(args);
  if (help) {
    console.log(usage);
    return 0;
  }
  const server = await startServer({ ...options, step });
  try {
    const pool = pgbouncer ? await startPgBouncer(server, { step }) : undefined;
    try {
      const env: Record<string, string> = { DATABASE_URL: server.url, DATABASE_ADMIN_URL: server.adminUrl };
      if (pool) env.PGBOUNCER_URL = pool.url;
      say("ready");
      const [program, ...rest] = command;
      return program === undefined ? await stay(env) : await runWith(program, rest, env);
    } finally {
      if (pool) await step("stop pgbouncer", () => pool.stop());
    }
  } finally {
    await step("stop the server", () => server.stop());
  }
}

/** Prints the addresses and waits for a signal. */
async function stay(env: Readonly<Record<string, string>>): Promise<number> {
  for (const [name, value] of Object.entries(env)) console.log(`${name}=${value}`);
  say("Ctrl-C stops it");
  const keepAlive = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });
  clearInterval(keepAlive);
  return 0;
}

/** Runs the command, passes signals on to it, and returns its exit code (128 + n when signal n ended it). */
function runWith(program: string, args: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to the command itself; twice would make many programs give up their clean-up.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => {
      const message = `could not run ${program}: ${cause.message}; is it in PATH?`;
      reject(new TestServerError("COMMAND", message, { cause }));
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
  });
}

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`[${seconds.padStart(5)} s] ${text}\n`);
}

/** Says when a step begins and how long it took. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  say(`${name} …`);
  const began = performance.now();
  const result = await work();
  say(`${name}: ${Math.round(performance.now() - began)} ms`);
  return result;
}
