#!/usr/bin/env node
import { createProgress } from "./cli/progress.ts";
import { run } from "./cli/run.ts";

const { stdout, stderr } = process;

// The reader of a pipe went away, as `head` does.
stdout.on("error", () => process.exit(0));

const args = process.argv.slice(2);
// A package manager may pass its own `--` on.
void run(args[0] === "--" ? args.slice(1) : args, {
  print: (line) => void stdout.write(`${line}\n`),
  note: (line) => void stderr.write(`${line}\n`),
  progress: (label) => createProgress(stderr, label),
}).then((code) => {
  process.exitCode = code;
});
