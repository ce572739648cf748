import { type Command, commonOptions, type Option } from "./command.ts";

export const generalHelp = (commands: readonly Command[]): string =>
  [
    "Usage: devora-analytics <command> [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`),
    "",
    "devora-analytics <command> --help prints the options of a command; --version the version.",
    "The database: --database-url <url>, else the variable DATABASE_URL, or --embedded <folder>.",
    "Exit codes: 0 fine, 1 failed or something is left to do, 2 wrong usage, 130 stopped by Ctrl-C.",
  ].join("\n");

export const commandHelp = ({ name, summary, options }: Command): string =>
  [
    `Usage: devora-analytics ${name} [options]`,
    "",
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    "",
    ...lines({ ...options, ...commonOptions }),
  ].join("\n");

function lines(options: Readonly<Record<string, Option>>): string[] {
  const named = Object.entries(options).map(([name, { value, help }]) => ({
    left: `  --${name}${value === undefined ? "" : ` ${value}`}`,
    help,
  }));
  const width = Math.max(...named.map(({ left }) => left.length)) + 2;
  return named.map(({ left, help }) => `${left.padEnd(width)}${help}`);
}
