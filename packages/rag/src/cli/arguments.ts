import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

export type CommandName = "evaluate" | "judge";
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** The options of each command. */
const optionsOf: Record<CommandName, ParseArgsOptionsConfig> = {
  evaluate: {
    config: text,
    questions: text,
    corpus: text,
    judgements: text,
    k: text,
    "min-ndcg": text,
    report: text,
    json: flag,
    seed: text,
  },
  judge: { config: text, since: text, limit: text, depth: text },
};

/** Command and options of a command line. @throws {UsageError} */
export function parseCommandLine(args: readonly string[]): { command: CommandName; values: Values } {
  const [command, ...rest] = args;
  if (command !== "evaluate" && command !== "judge")
    throw new UsageError("Name a command first: evaluate or judge.");
  try {
    const { values } = parseArgs({ args: rest, options: optionsOf[command] });
    // None may be given more than once, so that no value is a list.
    return { command, values: values as Values };
  } catch (error) {
    // Node's message says which option is unknown or has no value.
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A text that must be there. @throws {UsageError} */
export function required(values: Values, name: string, what: string): string {
  const value = values[name];
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`--${name} is missing: ${what}.`);
}

/** A number within bounds; undefined where the option is absent. @throws {UsageError} */
export function numberOption(
  values: Values,
  name: string,
  { min, max, whole = true }: { min: number; max: number; whole?: boolean },
): number | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  const number = Number(value);
  const isNumber = typeof value === "string" && (whole ? /^\d+$/ : /^\d*\.?\d+$/).test(value);
  if (isNumber && number >= min && number <= max) return number;
  throw new UsageError(`--${name} must be a ${whole ? "whole number" : "number"} from ${min} to ${max}.`);
}

/** The beginning of a day in UTC; undefined where the option is absent. @throws {UsageError} */
export function dayOption(values: Values, name: string): Date | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  const day = new Date(`${value}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === value;
  if (!isDay) throw new UsageError(`--${name} must be a day as YYYY-MM-DD.`);
  return day;
}
