import { RagError } from "./errors.ts";
import type { Locale, PromptTemplate } from "./templates.ts";

/** Timers hold no more than 31 bits of milliseconds; beyond they fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** @throws {RagError} INVALID_OPTION */
export function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(name, value, `a whole number from ${min} to ${max}`);
  return value;
}

/** @throws {RagError} INVALID_OPTION */
export function numberFrom(name: string, value: number, min: number, max: number): number {
  if (typeof value !== "number" || !(value >= min && value <= max))
    throw invalid(name, value, `a number from ${min} to ${max}`);
  return value;
}

/** @throws {RagError} INVALID_OPTION */
export const milliseconds = (name: string, value: number): number =>
  numberFrom(name, value, Number.MIN_VALUE, longestTimerMs);

/** @throws {RagError} INVALID_OPTION */
export function flag(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalid(name, value, "true or false");
  return value;
}

/** @throws {RagError} INVALID_OPTION */
export function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value))
    throw invalid(name, value, allowed.map((choice) => JSON.stringify(choice)).join(" or "));
  return value;
}

/** @throws {RagError} INVALID_OPTION */
export function assertLocale(name: string, locale: unknown): Locale {
  if (locale !== "fr" && locale !== "en") throw invalid(name, locale, '"fr" or "en"');
  return locale;
}

/** @throws {RagError} INVALID_OPTION */
export function assertTemplate(template: PromptTemplate): PromptTemplate {
  const texts = ["noPassage", "summary", "question", "notFound"] as const;
  if (typeof template?.instructions !== "function")
    throw invalid("template.instructions", template?.instructions, "a function of the marker");
  for (const name of texts)
    if (typeof template[name] !== "string") throw invalid(`template.${name}`, template[name], "a text");
  if (template.quoting !== undefined && typeof template.quoting !== "string")
    throw invalid("template.quoting", template.quoting, "a text");
  if (!String(template.instructions("123456")).includes("123456"))
    throw invalid(
      "template.instructions",
      template.instructions,
      "a function whose text names the marker that it is given",
    );
  return template;
}

/**
 * The id of the signed-in user, for whom rows are read.
 * @throws {RagError} USER_REQUIRED
 */
export function assertUserId(verb: string, userId: unknown): string {
  if (typeof userId === "string" && userId !== "" && !userId.includes("\u0000")) return userId;
  const received = userId === "" ? "an empty string" : typeof userId;
  throw new RagError(
    "USER_REQUIRED",
    `${verb}: userId must be a non-empty string without U+0000; received ${received}. Pass the id of the signed-in user: retrievers read that user's rows alone.`,
  );
}

export function invalid(name: string, value: unknown, allowed: string): RagError {
  const received = typeof value === "number" || value === null ? String(value) : typeof value;
  return new RagError(
    "INVALID_OPTION",
    `${name} must be ${allowed}; received ${received}. Correct the option.`,
  );
}
