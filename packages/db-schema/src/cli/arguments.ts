import { parseArgs } from "node:util";
import { type Command, commonOptions, type Values } from "./command.ts";
import { nearest } from "./suggest.ts";
import { UsageError } from "./usage-error.ts";

/** The command that the first argument names. @throws {UsageError} */
export function findCommand(commands: readonly Command[], argument: string): Command {
  const command = commands.find(({ name }) => name === argument);
  if (command) return command;
  if (argument.startsWith("-")) throw new UsageError("Name the command first, then its options.");
  // Not echoed: it may be a URL with its password.
  const near = nearest(
    argument,
    commands.map(({ name }) => name),
  );
  throw new UsageError(`There is no such command.${near === undefined ? "" : ` Did you mean ${near}?`}`);
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
      const near = nearest(token.name, Object.keys(options));
      throw new UsageError(
        `${command.name} has no option ${token.rawName}.${near === undefined ? "" : ` Did you mean --${near}?`}`,
      );
    }
  }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(String((error as Error).message).split("\n")[0]);
  }
}
