#!/usr/bin/env node
import { createProgress } from "./cli/progress.ts";
import { run } from "./cli/run.ts";

const { stdout, stderr } = process;
const progress = createProgress(stderr);
const stopping = new AbortController();

// The first Ctrl-C asks for an end at which nothing is half done, the second one ends the process; leases run out.
process.on("SIGINT", () => {
  progress.close();
  if (stopping.signal.aborted) process.exit(130);
  stderr.write("Stopping. Ctrl-C again stops at once.\n");
  stopping.abort();
});
// The reader of a pipe went away, as `head` does.
stdout.on("error", () => process.exit(0));

const args = process.argv.slice(2);
void run({
  // A package manager may pass its own `--` on.
  args: args[0] === "--" ? args.slice(1) : args,
  env: process.env,
  terminal: {
    print(line) {
      progress.close();
      stdout.write(`${line}\n`);
    },
    note(line) {
      progress.close();
      stderr.write(`${line}\n`);
    },
    progress: progress.update,
    signal: stopping.signal,
  },
}).then((code) => {
  progress.close();
  process.exitCode = code;
});
