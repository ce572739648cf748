import type { Database } from "@devora/db-schema";
import type { Generator, HistoryStore, Reranker, Retriever, TokenCounter, Tracer } from "./ports.ts";
import type { Locale, PromptTemplate } from "./templates.ts";

/** A retriever with settings of its own. */
export interface RetrieverOptions {
  readonly retriever: Retriever;
  /** How much its ranking counts, >= 0; with 0 it is not asked at all. Default 1. */
  readonly weight?: number;
  /** After how many milliseconds it is left out. Default `limits.deadlineMs`. */
  readonly deadlineMs?: number;
  /** Its passages below this score of its own are too weak, and left out before fusion. Default: none is. */
  readonly minScore?: number;
}

/** A reranker with settings of its own. */
export interface RerankerOptions {
  readonly reranker: Reranker;
  /**
   * How many passages it is asked to score, the best after fusion, 1 to 100. When it answers, the rest is left out.
   * Default 30.
   */
  readonly passages?: number;
  /** Passages that it scores below this, 0 to 1, are too weak, and left out. Default: none is. */
  readonly minScore?: number;
  /** After how many milliseconds the fused order stands. Default `limits.deadlineMs`. */
  readonly deadlineMs?: number;
}

/** How age counts; the names and the formula are those of `@devora/search`. */
export interface RecencyOptions {
  /** Days after which the part that age can take away is half gone, above 0. */
  readonly halfLifeDays: number;
  /** 0 to 1: the part of the score that age can take away. Default 0.3. */
  readonly weight?: number;
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
  /** Share of the token budget, less the answer's, that turns and summary may take, 0 to 1. Default 0.25. */
  readonly historyShare?: number;
  /** Most turns before those, which are summarised for the prompt where there is a model, 0 to 100. Default 30. */
  readonly summarizedTurns?: number;
  /** After how many milliseconds a rewriting or a summary is given up, above 0. Default 5,000. */
  readonly helperDeadlineMs?: number;
}

/** Options of {@link createRag}. */
export interface RagOptions {
  /** One or more, named as they should appear in results. */
  readonly retrievers: Readonly<Record<string, Retriever | RetrieverOptions>>;
  /** Needed for calls with a `conversationId`. */
  readonly history?: HistoryStore;
  /** Needed for `answer`. */
  readonly generator?: Generator;
  /** Rewrites follow-up questions and summarises old turns: a small, fast model. Default `generator`. */
  readonly helper?: Generator;
  /** Whether a question that follows others is rewritten to stand alone before retrieval. Default true. */
  readonly rewrite?: boolean;
  /** Whether turns that have no room are summarised. Default true. */
  readonly summarize?: boolean;
  /** Default {@link estimateTokens}, which errs above. */
  readonly tokenCounter?: TokenCounter;
  readonly fusion?: FusionOptions;
  /** Newer passages first among about equally good ones, before the reranker. Default: age does not count. */
  readonly recency?: RecencyOptions;
  /** Scores the best passages anew. Default none. */
  readonly reranker?: Reranker | RerankerOptions;
  /**
   * 0 to 1: how much a passage loses for saying what one chosen before it says (maximal marginal relevance, with the
   * share of words in common). Contexts then come in the order of choice. Default 0: the order stays.
   */
  readonly diversity?: number;
  /**
   * The database of the retrievers that offer `candidates`: they are asked in one statement, on one connection, which
   * is held while a query is embedded. Default: each by itself.
   */
  readonly db?: Database;
  /** Role of that statement, as the retrievers were given it; `null` keeps the login's own. Default `devora_app`. */
  readonly role?: string | null;
  readonly limits?: LimitOptions;
  /** Put before the instructions of every prompt: who the assistant is. Counts in the budget. Default none. */
  readonly system?: string;
  /** Language of the instructions. Default `en`. */
  readonly locale?: Locale;
  /** Texts of your own around the retrieved passages, in place of those of `locale`. */
  readonly template?: PromptTemplate;
  /**
   * Whether each citation must quote its passage word for word: `flag` reports those that do not as
   * `unsupported-citation`, `remove` takes them out of the text as well. Default: a citation need only exist.
   */
  readonly strictCitations?: "flag" | "remove";
  /**
   * Markdown links and images in answers: `escape` makes them plain text, because retrieved text may have planted
   * them; `keep` is for hosts that check addresses themselves. Default `escape`.
   */
  readonly links?: "escape" | "keep";
  /** Records what takes how long, with the names of OpenTelemetry's conventions. Default: nothing is recorded. */
  readonly tracer?: Tracer;
  /** Whether traces hold the words of users and models: questions, prompts and answers. Default false. */
  readonly traceContent?: boolean;
  /** A clock in milliseconds, for what calls take. Default `performance.now`. */
  readonly now?: () => number;
  /** The calendar's clock, against which `recency` counts age. Default `() => new Date()`. */
  readonly date?: () => Date;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}
