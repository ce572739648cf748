import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@devora/db-schema";
import { RagError } from "./errors.ts";
import { estimatedTokens } from "./estimate-tokens.ts";
import type { FusionOptions, LimitOptions, RagOptions, RecencyOptions, RerankerOptions } from "./options.ts";
import type { Generator, HistoryStore, Reranker, Retriever, TokenCounter, Tracer } from "./ports.ts";
import type { Locale, PromptTemplate } from "./templates.ts";
import {
  assertLocale,
  assertTemplate,
  flag,
  invalid,
  milliseconds,
  numberFrom,
  oneOf,
  wholeNumber,
} from "./validate.ts";

/** A retriever that takes part, with its settings filled in. */
export interface Leg {
  readonly name: string;
  readonly retriever: Retriever;
  readonly weight: number;
  readonly deadlineMs: number;
  readonly minScore: number;
}

/** The reranker with its settings filled in. */
export interface ResolvedReranker {
  readonly reranker: Reranker;
  readonly passages: number;
  readonly minScore: number;
  readonly deadlineMs: number;
}

/** {@link RagOptions}, checked, with defaults. */
export interface ResolvedOptions {
  readonly legs: readonly Leg[];
  readonly history: HistoryStore | undefined;
  readonly generator: Generator | undefined;
  readonly helper: Generator | undefined;
  readonly rewrite: boolean;
  readonly summarize: boolean;
  readonly tokenCounter: TokenCounter;
  readonly fusion: Required<FusionOptions>;
  readonly recency: Required<RecencyOptions> | undefined;
  readonly reranker: ResolvedReranker | undefined;
  readonly diversity: number;
  readonly db: Database | undefined;
  readonly role: string | null | undefined;
  readonly limits: Required<LimitOptions>;
  readonly system: string;
  readonly locale: Locale;
  readonly template: PromptTemplate | undefined;
  readonly strictCitations: "flag" | "remove" | undefined;
  readonly links: "escape" | "keep";
  readonly tracer: Tracer | undefined;
  readonly traceContent: boolean;
  readonly now: () => number;
  readonly date: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** @throws {RagError} INVALID_OPTION */
export function resolveOptions(options: RagOptions): ResolvedOptions {
  const limits = resolveLimits(options.limits ?? {});
  const { method = "rrf", k = 60 } = options.fusion ?? {};
  const generator = withMethod(options.generator, "generator", "generate");
  return {
    legs: resolveLegs(options.retrievers, limits.deadlineMs),
    history: withMethod(options.history, "history", "recent"),
    generator,
    helper: withMethod(options.helper, "helper", "generate") ?? generator,
    rewrite: flag("rewrite", options.rewrite ?? true),
    summarize: flag("summarize", options.summarize ?? true),
    tokenCounter: withMethod(options.tokenCounter, "tokenCounter", "count") ?? estimatedTokens,
    fusion: {
      method: oneOf("fusion.method", method, ["rrf", "relative-score"]),
      k: numberFrom("fusion.k", k, Number.MIN_VALUE, Number.MAX_VALUE),
    },
    recency: resolveRecency(options.recency),
    reranker: resolveReranker(options.reranker, limits.deadlineMs),
    diversity: numberFrom("diversity", options.diversity ?? 0, 0, 1),
    db: options.db,
    role: options.role,
    limits,
    system: options.system ?? "",
    locale: assertLocale("locale", options.locale ?? "en"),
    template: options.template === undefined ? undefined : assertTemplate(options.template),
    strictCitations:
      options.strictCitations === undefined
        ? undefined
        : oneOf<"flag" | "remove">("strictCitations", options.strictCitations, ["flag", "remove"]),
    links: oneOf("links", options.links ?? "escape", ["escape", "keep"]),
    tracer: withMethod(options.tracer, "tracer", "startActiveSpan"),
    traceContent: flag("traceContent", options.traceContent ?? false),
    now: options.now ?? (() => performance.now()),
    date: options.date ?? (() => new Date()),
    sleep: options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal })),
  };
}

function resolveLimits(given: LimitOptions): Required<LimitOptions> {
  return {
    candidates: wholeNumber("limits.candidates", given.candidates ?? 30, 1, 100),
    contexts: wholeNumber("limits.contexts", given.contexts ?? 10, 1, 100),
    perSource:
      given.perSource === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber("limits.perSource", given.perSource, 1, 1000),
    deadlineMs: milliseconds("limits.deadlineMs", given.deadlineMs ?? 3000),
    historyTurns: wholeNumber("limits.historyTurns", given.historyTurns ?? 10, 0, 100),
    historyShare: numberFrom("limits.historyShare", given.historyShare ?? 0.25, 0, 1),
    summarizedTurns: wholeNumber("limits.summarizedTurns", given.summarizedTurns ?? 30, 0, 100),
    helperDeadlineMs: milliseconds("limits.helperDeadlineMs", given.helperDeadlineMs ?? 5000),
  };
}

function resolveRecency(given: RecencyOptions | undefined): Required<RecencyOptions> | undefined {
  if (given === undefined) return undefined;
  return {
    halfLifeDays: numberFrom("recency.halfLifeDays", given.halfLifeDays, Number.MIN_VALUE, Number.MAX_VALUE),
    weight: numberFrom("recency.weight", given.weight ?? 0.3, 0, 1),
  };
}

function resolveReranker(
  given: Reranker | RerankerOptions | undefined,
  defaultDeadlineMs: number,
): ResolvedReranker | undefined {
  if (given === undefined) return undefined;
  const settings = given !== null && typeof given === "object" && "reranker" in given ? given : undefined;
  const {
    reranker,
    passages = 30,
    minScore = Number.NEGATIVE_INFINITY,
    deadlineMs = defaultDeadlineMs,
  } = settings ?? { reranker: given as Reranker };
  if (typeof reranker?.rerank !== "function")
    throw invalid("reranker", reranker, "an object with the method `rerank`");
  return {
    reranker,
    passages: wholeNumber("reranker.passages", passages, 1, 100),
    minScore: numberFrom("reranker.minScore", minScore, Number.NEGATIVE_INFINITY, 1),
    deadlineMs: milliseconds("reranker.deadlineMs", deadlineMs),
  };
}

function resolveLegs(retrievers: RagOptions["retrievers"], defaultDeadlineMs: number): Leg[] {
  if (typeof retrievers !== "object" || retrievers === null)
    throw invalid("retrievers", retrievers, "an object of retrievers by name");
  const legs = Object.entries(retrievers).map(([name, entry]): Leg => {
    const settings = entry !== null && typeof entry === "object" && "retriever" in entry ? entry : undefined;
    const {
      retriever,
      weight = 1,
      deadlineMs = defaultDeadlineMs,
      minScore = Number.NEGATIVE_INFINITY,
    } = settings ?? { retriever: entry as Retriever };
    if (typeof retriever?.retrieve !== "function")
      throw invalid(`retrievers.${name}`, retriever, "an object with the method `retrieve`");
    return {
      name,
      retriever,
      weight: numberFrom(`retrievers.${name}.weight`, weight, 0, Number.MAX_VALUE),
      deadlineMs: milliseconds(`retrievers.${name}.deadlineMs`, deadlineMs),
      minScore: numberFrom(
        `retrievers.${name}.minScore`,
        minScore,
        Number.NEGATIVE_INFINITY,
        Number.MAX_VALUE,
      ),
    };
  });
  const active = legs.filter((leg) => leg.weight > 0);
  if (active.length === 0)
    throw new RagError(
      "INVALID_OPTION",
      `createRag: retrievers must name at least one retriever with a weight above 0; received ${legs.length} retrievers, none of which counts.`,
    );
  return active;
}

function withMethod<T extends object>(
  value: T | undefined,
  name: string,
  method: keyof T & string,
): T | undefined {
  if (value !== undefined && typeof value?.[method] !== "function")
    throw invalid(name, value, `an object with the method \`${method}\``);
  return value;
}
