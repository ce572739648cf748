#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import type { Command } from "./cli/command.ts";
import { createProgress } from "./cli/progress.ts";
import { run } from "./cli/run.ts";
import type { Terminal } from "./cli/terminal.ts";

const { stdin, stdout, stderr } = process;
const progress = createProgress(stderr);
const stopping = new AbortController();

function terminalFor(command: Command | undefined): Terminal {
  if (command !== undefined) process.on("SIGINT", () => stop(command));
  return {
    print(line) {
      progress.close();
      stdout.write(`${line}\n`);
    },
    note(line) {
      progress.close();
      stderr.write(`${line}\n`);
    },
    progress: progress.update,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    async confirm(question) {
      progress.close();
      const dialogue = createInterface({ input: stdin, output: stderr });
      dialogue.on("SIGINT", () => process.exit(130));
      try {
        return /^y(es)?$/i.test((await dialogue.question(`${question} [y/N] `)).trim());
      } finally {
        dialogue.close();
      }
    },
    signal: stopping.signal,
  };
}

/** The first Ctrl-C asks a command that can stop cleanly to do so; any other ends the process, and the server undoes. */
function stop(command: Command): void {
  progress.close();
  if (command.stops !== true || stopping.signal.aborted) process.exit(130);
  stderr.write("Stopping after the step under way. Ctrl-C again stops at once.\n");
  stopping.abort();
}

// The reader of a pipe went away, as `head` does.
stdout.on("error", () => process.exit(0));

const args = process.argv.slice(2);
void run({
  // A package manager may pass its own `--` on.
  args: args[0] === "--" ? args.slice(1) : args,
  databaseUrl: process.env.DATABASE_URL,
  terminalFor,
}).then((code) => {
  progress.close();
  process.exitCode = code;
});
