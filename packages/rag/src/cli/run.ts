import manifest from "../../package.json" with { type: "json" };
import { isRagError } from "../errors.ts";
import { parseCommandLine } from "./arguments.ts";
import { evaluateCommand } from "./evaluate-command.ts";
import { help } from "./help.ts";
import { judgeCommand } from "./judge-command.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const commands = { evaluate: evaluateCommand, judge: judgeCommand };
/** What the person who called has to change. */
const wrongUse: readonly string[] = ["INVALID_OPTION", "INVALID_QUESTIONS", "USER_REQUIRED"];

/** Runs one command line. @returns the exit code: 0 fine, 1 failed or below the bar, 2 wrong usage */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.note(help);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    terminal.print(help);
    return 0;
  }
  if (args[0] === "--version") {
    terminal.print(manifest.version);
    return 0;
  }
  try {
    const { command, values } = parseCommandLine(args);
    return await commands[command](values, terminal);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    terminal.note(`${explain(error)}${isUsage ? "\nRun devora-rag --help." : ""}`);
    return isUsage || (isRagError(error) && wrongUse.includes(error.code)) ? 2 : 1;
  }
}

/** What happened, without a stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return "Failed for an unknown reason.";
  if (error instanceof UsageError) return error.message;
  const { code } = error as { code?: unknown };
  return `${typeof code === "string" ? code : error.name}: ${error.message}`;
}
