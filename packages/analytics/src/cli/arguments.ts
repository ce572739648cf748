import { parseArgs } from "node:util";
import { type Command, commonOptions, type Values } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** The command that the first argument names, which is not echoed: it may be a URL. @throws {UsageError} */
export function findCommand(commands: readonly Command[], argument: string): Command {
  const command = commands.find(({ name }) => name === argument);
  if (command !== undefined) return command;
  throw new UsageError(`Name a command first: ${commands.map(({ name }) => name).join(", ")}.`);
}

/** The options of a command. @throws {UsageError} for unknown ones, missing values and further arguments */
export function parseOptions(command: Command, args: readonly string[]): Values {
  const options = { ...commonOptions, ...command.options };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UsageError(
        `${command.name} takes options alone; argument ${token.index + 1} after it is none.`,
      );
    }
    if (token.kind === "option" && !Object.hasOwn(options, token.name)) {
      throw new UsageError(`${command.name} has no option ${token.rawName}.`);
    }
  }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(String((error as Error).message).split("\n")[0]);
  }
}
