import { AnalyticsError, shapeOf } from "../errors.ts";
import { isPlainObject } from "../storable.ts";
import { isStorableText } from "../storable-text.ts";
import { type Declared, isFlagValue } from "./define-flags.ts";
import type { FlagPerson, FlagProblem } from "./feature-flags.ts";
import { type Overrides, undeclaredFlag } from "./overrides.ts";
import type { FlagAnswer, FlagProvider, FlagSubject } from "./ports.ts";

/** What a flag is for a person. */
export interface Evaluation {
  readonly value: boolean | string;
  /** The provider's, and for whom; undefined for a fallback and an override, neither of which is an exposure. */
  readonly answered?: { readonly answer: FlagAnswer; readonly subject: FlagSubject };
}

export interface Evaluating {
  readonly declared: Declared;
  readonly overrides: Overrides;
  readonly provider: FlagProvider;
  readonly onProblem: (problem: FlagProblem) => void;
}

/** An evaluation of each key, by one call of the provider; rejects only with what `onProblem` throws. */
export async function evaluateFlags(
  keys: readonly string[],
  person: FlagPerson,
  { declared, overrides, provider, onProblem }: Evaluating,
): Promise<ReadonlyMap<string, Evaluation>> {
  const evaluations = new Map<string, Evaluation>();
  const fallBack = (flag: string, problem: FlagProblem["problem"], error?: unknown) => {
    evaluations.set(flag, { value: declared.get(flag)?.fallback ?? false });
    onProblem({ flag, problem, ...(error === undefined ? {} : { error }) });
  };
  const asked: string[] = [];
  for (const key of keys) {
    const override = overrides.of(key);
    if (override !== undefined) evaluations.set(key, { value: override });
    else if (declared.has(key)) asked.push(key);
    else fallBack(key, "failed", undeclaredFlag(key));
  }
  if (asked.length === 0) return evaluations;

  let subject: FlagSubject;
  let answers: ReadonlyMap<string, FlagAnswer>;
  try {
    subject = subjectOf(person);
    answers = await provider.evaluate(subject, asked);
  } catch (error) {
    for (const key of asked) fallBack(key, "failed", error);
    return evaluations;
  }
  for (const key of asked) {
    const answer = answers.get(key);
    if (answer === undefined) fallBack(key, "missing");
    else if (!isFlagValue(declared.get(key) ?? {}, answer.value)) fallBack(key, "unexpected");
    else evaluations.set(key, { value: answer.value, answered: { answer, subject } });
  }
  return evaluations;
}

function subjectOf(person: FlagPerson): FlagSubject {
  const { userId, distinctId = userId, personProperties = {}, groups = {}, groupProperties = {} } = person;
  const isId = typeof distinctId === "string" && distinctId !== "" && distinctId.length <= 400;
  if (!isId || !isStorableText(distinctId)) throw unusable("id", distinctId, "1 to 400 characters");
  for (const [field, value] of Object.entries({ personProperties, groups, groupProperties })) {
    if (!isPlainObject(value)) throw unusable(field, value, "a plain object");
  }
  return { distinctId, personProperties, groups, groupProperties };
}

const unusable = (field: string, value: unknown, allowed: string): AnalyticsError =>
  new AnalyticsError(
    "INVALID_OPTION",
    `The person of a flag has as ${field} ${shapeOf(value)}. Allowed: ${allowed}. Pass the signed-in user's userId, or the distinctId of an anonymous one.`,
  );
