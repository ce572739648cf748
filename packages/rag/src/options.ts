import { setTimeout as delay } from "node:timers/promises";
import { RagError } from "./errors.ts";
import { estimatedTokens } from "./estimate-tokens.ts";
import type { Generator, HistoryStore, Retriever, TokenCounter } from "./ports.ts";
import type { Locale } from "./templates.ts";
import { assertLocale, invalid, milliseconds, numberFrom, wholeNumber } from "./validate.ts";

/** A retriever with settings of its own. */
export interface RetrieverOptions {
  readonly retriever: Retriever;
  /** How much its ranking counts, >= 0; with 0 it is not asked at all. Default 1. */
  readonly weight?: number;
  /** After how many milliseconds it is left out. Default `limits.deadlineMs`. */
  readonly deadlineMs?: number;
}

/** How rankings are fused. */
export interface FusionOptions {
  /**
   * `rrf` fuses ranks and needs no tuning; `relative-score` fuses scores scaled to 0…1 per retriever, and pays
   * when the weights have been measured. Default `rrf`.
   */
  readonly method?: "rrf" | "relative-score";
  /** Rank offset of `rrf`, above 0. Default 60. */
  readonly k?: number;
}

/** Bounds of every call. */
export interface LimitOptions {
  /** Passages asked of each retriever, 1 to 100. Default 30. */
  readonly candidates?: number;
  /** Most passages in a prompt, 1 to 100. Default 10. */
  readonly contexts?: number;
  /** Most passages of one source in a prompt, at least 1. Default: no bound. */
  readonly perSource?: number;
  /** After how many milliseconds a retriever is left out, above 0. Default 3,000. */
  readonly deadlineMs?: number;
  /** Most turns of the conversation in a prompt, 0 to 100. Default 10. */
  readonly historyTurns?: number;
  /** Share of the token budget that the conversation may take, 0 to 1. Default 0.25. */
  readonly historyShare?: number;
}

/** Options of {@link createRag}. */
export interface RagOptions {
  /** One or more, named as they should appear in results. */
  readonly retrievers: Readonly<Record<string, Retriever | RetrieverOptions>>;
  /** Needed for calls with a `conversationId`. */
  readonly history?: HistoryStore;
  /** Needed for `answer`. */
  readonly generator?: Generator;
  /** Default {@link estimateTokens}, which errs above. */
  readonly tokenCounter?: TokenCounter;
  readonly fusion?: FusionOptions;
  readonly limits?: LimitOptions;
  /** Put before the instructions of every prompt: who the assistant is. Counts in the budget. Default none. */
  readonly system?: string;
  /** Language of the instructions. Default `en`. */
  readonly locale?: Locale;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A retriever that takes part, with its settings filled in. */
export interface Leg {
  readonly name: string;
  readonly retriever: Retriever;
  readonly weight: number;
  readonly deadlineMs: number;
}

/** {@link RagOptions}, checked, with defaults. */
export interface ResolvedOptions {
  readonly legs: readonly Leg[];
  readonly history: HistoryStore | undefined;
  readonly generator: Generator | undefined;
  readonly tokenCounter: TokenCounter;
  readonly fusion: Required<FusionOptions>;
  readonly limits: Required<LimitOptions>;
  readonly system: string;
  readonly locale: Locale;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** @throws {RagError} INVALID_OPTION */
export function resolveOptions(options: RagOptions): ResolvedOptions {
  const limits = resolveLimits(options.limits ?? {});
  const { method = "rrf", k = 60 } = options.fusion ?? {};
  if (method !== "rrf" && method !== "relative-score")
    throw invalid("fusion.method", method, '"rrf" or "relative-score"');
  return {
    legs: resolveLegs(options.retrievers, limits.deadlineMs),
    history: withMethod(options.history, "history", "recent"),
    generator: withMethod(options.generator, "generator", "generate"),
    tokenCounter: withMethod(options.tokenCounter, "tokenCounter", "count") ?? estimatedTokens,
    fusion: { method, k: numberFrom("fusion.k", k, Number.MIN_VALUE, Number.MAX_VALUE) },
    limits,
    system: options.system ?? "",
    locale: assertLocale("locale", options.locale ?? "en"),
    now: options.now ?? (() => performance.now()),
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
    } = settings ?? { retriever: entry as Retriever };
    if (typeof retriever?.retrieve !== "function")
      throw invalid(`retrievers.${name}`, retriever, "an object with the method `retrieve`");
    return {
      name,
      retriever,
      weight: numberFrom(`retrievers.${name}.weight`, weight, 0, Number.MAX_VALUE),
      deadlineMs: milliseconds(`retrievers.${name}.deadlineMs`, deadlineMs),
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
