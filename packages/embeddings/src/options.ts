import type { Database } from "@devora/db-schema";
import { assertChunkOptions } from "./chunking/chunk-text.ts";
import type { Context } from "./context.ts";
import type { ContextPrefix } from "./context-prefix.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import type { Embedder } from "./ports.ts";
import type { IndexKind } from "./queries/model-index.ts";
import type { Source } from "./sources/define-source.ts";
import { assertDimensions, assertInteger } from "./validate.ts";

export interface EmbeddingsOptions<TSource extends Source = Source> {
  /** Any Drizzle Postgres database, migrated with module `embeddings`. It stays the caller's to close. */
  db: Database;
  /** `hashingEmbedder()`, `openaiEmbedder(client)`, or one of your own. */
  embedder: Embedder;
  /**
   * The model that is to replace `embedder`: from now on everything written gets vectors of both, and searches use
   * the one that `migrateModel` and `rollbackModel` made active. Pass it in every process before `migrateModel`.
   */
  candidate?: Embedder | undefined;
  /** What is embedded. Default: Devora's own tables, {@link devoraSources}. */
  sources?: readonly TSource[];
  /** Role of calls with an owner. Default `devora_app`; `null` keeps the login's own. */
  role?: string | null;
  /** Role of writes and of calls over all owners; it must be able to read the sources. Default `devora_service`. */
  serviceRole?: string | null;
  /** How texts are cut; a change embeds everything anew at the next `embedAll`. */
  chunking?: {
    /** Most tokens of a passage, at least 16. Default 300, or what the embedder takes when that is less. */
    maxTokens?: number;
    /** Tokens that a passage repeats of the one before. Default 0. */
    overlapTokens?: number;
    /** Exact tokens of a text, by the model's tokenizer. Default: the package's estimate. */
    countTokens?: (text: string) => number;
    /**
     * What is embedded before each passage; `false` for nothing. Default: the row's title (of Devora's files, the
     * path) and the headings that the passage stands under, unless the passage begins with it.
     */
    contextPrefix?: ContextPrefix | false;
  };
  /**
   * What the HNSW index of the model holds: vectors in half precision, or for large corpora only the sign of each
   * number, a sixteenth of it; hits found by their signs are compared again exactly. A search uses the other kind
   * where this one is missing. Default `halfvec`.
   */
  index?: IndexKind;
  /** With index `bit`: how many times the candidates are found by their signs, 1 to 100. Default 20. */
  oversampling?: number;
}

/** @throws {EmbeddingsError} INVALID_OPTION */
export function resolveOptions(options: EmbeddingsOptions, defaultSources: readonly Source[]): Context {
  const { db, embedder, candidate, sources = defaultSources } = options;
  const { role = "devora_app", serviceRole = "devora_service", chunking = {} } = options;
  const { index = "halfvec", oversampling = 20 } = options;
  assertShape("db", typeof db?.execute === "function", "a Drizzle Postgres database", db);
  assertEmbedder("embedder", embedder);
  if (candidate !== undefined) assertCandidate(candidate, embedder);
  const maxInputTokens = Math.min(...[embedder, candidate ?? embedder].map((model) => model.maxInputTokens));
  const { maxTokens = Math.min(300, maxInputTokens), overlapTokens = 0 } = chunking;
  const { countTokens, contextPrefix } = chunking;
  assertShape("sources", Array.isArray(sources) && sources.length > 0, "a list of sources", sources);
  const names = new Set(sources.map((source) => source.name));
  assertShape("sources", names.size === sources.length, "sources of different names", sources);
  assertChunkOptions({ maxTokens, overlapTokens, kind: "prose" });
  assertShape(
    "chunking.maxTokens",
    maxTokens <= maxInputTokens,
    `at most the ${maxInputTokens} tokens of the embedder`,
    maxTokens,
  );
  assertShape("index", index === "halfvec" || index === "bit", '"halfvec" or "bit"', index);
  assertInteger("createEmbeddings: oversampling", oversampling, { min: 1, max: 100 });
  const isCounter = countTokens === undefined || typeof countTokens === "function";
  assertShape("chunking.countTokens", isCounter, "a function", countTokens);
  const isPrefix =
    [undefined, false].includes(contextPrefix as undefined) || typeof contextPrefix === "function";
  assertShape("chunking.contextPrefix", isPrefix, "a function or false", contextPrefix);
  return {
    db,
    embedder,
    candidate,
    sources: new Map(sources.map((source) => [source.name, source])),
    role,
    serviceRole,
    chunking: {
      maxTokens,
      overlapTokens,
      ...(countTokens === undefined ? {} : { countTokens }),
      ...(contextPrefix === undefined ? {} : { contextPrefix }),
    },
    index,
    oversampling,
  };
}

function assertEmbedder(option: string, embedder: Embedder): void {
  assertShape(option, typeof embedder?.embed === "function", "an Embedder", embedder);
  const { model, dimensions, maxInputTokens, version = "1" } = embedder;
  assertShape(
    `${option}.version`,
    typeof version === "string" && version !== "",
    "a non-empty string",
    version,
  );
  assertShape(`${option}.model`, typeof model === "string" && model.trim() !== "", "a name", model);
  assertDimensions(`createEmbeddings: ${option}`, dimensions);
  assertInteger(`createEmbeddings: ${option}.maxInputTokens`, maxInputTokens, { min: 1 });
}

function assertCandidate(candidate: Embedder, embedder: Embedder): void {
  assertEmbedder("candidate", candidate);
  const isOther =
    candidate.model !== embedder.model ||
    candidate.dimensions !== embedder.dimensions ||
    (candidate.version ?? "1") !== (embedder.version ?? "1");
  assertShape(
    "candidate",
    isOther,
    "another model, other dimensions or another version than `embedder`",
    candidate,
  );
}

function assertShape(option: string, valid: boolean, allowed: string, received: unknown): void {
  if (valid) return;
  throw new EmbeddingsError(
    "INVALID_OPTION",
    `createEmbeddings: ${option} must be ${allowed}; received ${shapeOf(received)}.`,
  );
}
