import type { Database } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";

/**
 * A stretch of text that a retriever found, and where it comes from.
 * `@devora/search` and `@devora/embeddings` answer passages of this shape.
 */
export interface Passage {
  /** The same passage has the same id in every retriever; results are de-duplicated by it. */
  readonly id: string;
  /** Kind of the row, for example `projects` or `messages`. */
  readonly source: string;
  /** Key of the row within its source. */
  readonly entityId: string;
  readonly title: string;
  readonly text: string;
  /** Where `text` begins in the row's whole text, in UTF-16 code units. */
  readonly start: number;
  /** Where it ends (exclusive): `start + text.length`. Passages that break this are not merged with others. */
  readonly end: number;
  /** Higher is better; comparable within one answer of one retriever alone. */
  readonly score: number;
  readonly updatedAt?: Date | string | null | undefined;
}

/** What a retriever is asked. */
export interface RetrieverCall {
  readonly query: string;
  /** Whose rows may be read: the signed-in user. */
  readonly ownerId: string;
  /** Most passages to answer. */
  readonly limit: number;
  /** Aborted when the caller gives up or the retriever's deadline passes. */
  readonly signal: AbortSignal;
  /** The caller's own transaction or scope, when it brought one. */
  readonly db?: Database;
}

/** What a retriever answers: best first; `complete` is false when better passages may have been missed. */
export interface RetrieverResult {
  readonly passages: readonly Passage[];
  readonly complete: boolean;
}

/** Finds passages for a query. Check one with `checkRetriever` of `@devora/rag/testing`. */
export interface Retriever {
  retrieve(call: RetrieverCall): Promise<RetrieverResult>;
  /**
   * The same passages as SQL. Retrievers that offer it, and read the database that `createRag` is given as `db`, are
   * asked in one statement together. Undefined where one statement cannot answer this query: `retrieve` is asked then.
   */
  candidates?(call: CandidatesCall): Promise<Candidates | undefined>;
}

/** What a retriever is asked for its SQL. */
export interface CandidatesCall extends RetrieverCall {
  /** The transaction in which the SQL will run, in the owner's scope. What must be read before is read in it. */
  readonly db: Database;
}

/** A retrieval as SQL. */
export interface Candidates {
  /**
   * A select of `id`, `source`, `entity_id`, `title`, `text`, `start_offset`, `end_offset` (int), `score` (float8),
   * `updated_at` (timestamptz): the columns of a {@link Passage}, at most `limit` rows, best first. And `complete`
   * (boolean), the same in each row: false when better passages may have been missed.
   */
  readonly sql: SQL;
  /** To be executed before it in the same transaction. */
  readonly settings?: SQL | undefined;
  /** Of an answer without rows, which cannot say it: whether nothing was missed. */
  readonly complete: boolean;
}

/** What a reranker is asked. */
export interface RerankerCall {
  readonly query: string;
  /** In the order of their fused scores. */
  readonly passages: readonly { readonly id: string; readonly title: string; readonly text: string }[];
  readonly signal: AbortSignal;
}

/** What a reranker answers. */
export interface RerankerResult {
  /**
   * In any order; `score` is 0 to 1, higher is better. A passage that is not named is left out of the answer; an id
   * that was not asked is ignored.
   */
  readonly scores: readonly { readonly id: string; readonly score: number }[];
  readonly usage?: TokenUsage | undefined;
}

/**
 * Scores passages against the query anew: a cross-encoder, a vendor's API, or a language model (`llmReranker`). Check
 * one with `checkReranker` of `@devora/rag/testing`.
 */
export interface Reranker {
  rerank(call: RerankerCall): Promise<RerankerResult>;
}

/** A message of a conversation as it is stored. */
export interface HistoryTurn {
  readonly role: "user" | "assistant" | "system";
  readonly content: string;
}

/** What a history store is asked. */
export interface HistoryCall {
  readonly conversationId: string;
  readonly ownerId: string;
  /** Most turns to answer. */
  readonly limit: number;
  readonly signal?: AbortSignal;
  readonly db?: Database;
}

/** Reads conversations. Check one with `checkHistoryStore` of `@devora/rag/testing`. */
export interface HistoryStore {
  /**
   * The newest `limit` turns, oldest first; an empty list for a conversation without turns.
   * Undefined when there is no such conversation of this owner, whether it does not exist or is another's.
   */
  recent(call: HistoryCall): Promise<readonly HistoryTurn[] | undefined>;
}

/** A message to a model. */
export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Tokens that a model counted for one call. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** US dollars; undefined where no price is known. */
  readonly cost?: number | undefined;
}

/** A piece of a model's answer. */
export type GeneratorPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "finish";
      /** The model's own word: `stop`, `length`, `content_filter`, … */
      readonly finishReason: string;
      readonly usage?: TokenUsage | undefined;
    };

/** What a generator is asked. */
export interface GeneratorCall {
  readonly messages: readonly PromptMessage[];
  readonly signal?: AbortSignal;
  /** Most tokens of the answer; the model's own limit when absent. */
  readonly maxTokens?: number;
}

/**
 * A language model. Its stream ends with exactly one `finish` part: a stream without one was cut, and counts as
 * failed. Leaving the loop early must end the model's work.
 */
export interface Generator {
  /** Names the model in traces. */
  readonly model?: string | undefined;
  /** Names in traces who answers: `openai`, for example. */
  readonly provider?: string | undefined;
  generate(call: GeneratorCall): AsyncIterable<GeneratorPart>;
}

/** Counts the tokens of a text as the model will: `{ count: countTokens }` of `gpt-tokenizer`, for example. */
export interface TokenCounter {
  count(text: string): number;
}

/** What is told about a step. */
export type TraceAttributes = Readonly<Record<string, string | number | boolean | string[]>>;

/** A step of the work, open until `end`. */
export interface TraceSpan {
  setAttributes(attributes: TraceAttributes): unknown;
  /** Code 2 says that the step failed. */
  setStatus(status: { code: number }): unknown;
  end(): void;
}

/** A tracer of OpenTelemetry: `trace.getTracer("my-app")` of `@opentelemetry/api` fits. */
export interface Tracer {
  /** Runs `run` with a new span as the active one, which becomes the parent of those begun in it. */
  startActiveSpan<T>(
    name: string,
    options: { kind?: number; attributes?: TraceAttributes },
    run: (span: TraceSpan) => T,
  ): T;
}
