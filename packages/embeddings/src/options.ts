import type { Database } from "@devora/db-schema";
import { assertChunkOptions } from "./chunking/chunk-text.ts";
import type { Context } from "./context.ts";
import type { ContextPrefix } from "./context-prefix.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import type { Embedder } from "./ports.ts";
import type { Source } from "./sources/define-source.ts";
import { assertDimensions, assertInteger } from "./validate.ts";

export interface EmbeddingsOptions<TName extends string> {
  /** Any Drizzle Postgres database, migrated with module `embeddings`. It stays the caller's to close. */
  db: Database;
  /** `hashingEmbedder()`, `openaiEmbedder(client)`, or one of your own. */
  embedder: Embedder;
  /** What is embedded. Default: Devora's own tables, {@link devoraSources}. */
  sources?: readonly Source<TName>[];
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
}

/** @throws {EmbeddingsError} INVALID_OPTION */
export function resolveOptions(
  options: EmbeddingsOptions<string>,
  defaultSources: readonly Source[],
): Context {
  const { db, embedder, sources = defaultSources } = options;
  const { role = "devora_app", serviceRole = "devora_service", chunking = {} } = options;
  assertShape("db", typeof db?.execute === "function", "a Drizzle Postgres database", db);
  assertEmbedder(embedder);
  const { maxTokens = Math.min(300, embedder.maxInputTokens), overlapTokens = 0 } = chunking;
  const { countTokens, contextPrefix } = chunking;
  assertShape("sources", Array.isArray(sources) && sources.length > 0, "a list of sources", sources);
  const names = new Set(sources.map((source) => source.name));
  assertShape("sources", names.size === sources.length, "sources of different names", sources);
  assertChunkOptions({ maxTokens, overlapTokens, kind: "prose" });
  assertShape(
    "chunking.maxTokens",
    maxTokens <= embedder.maxInputTokens,
    `at most the ${embedder.maxInputTokens} tokens of the embedder`,
    maxTokens,
  );
  const isCounter = countTokens === undefined || typeof countTokens === "function";
  assertShape("chunking.countTokens", isCounter, "a function", countTokens);
  const isPrefix =
    [undefined, false].includes(contextPrefix as undefined) || typeof contextPrefix === "function";
  assertShape("chunking.contextPrefix", isPrefix, "a function or false", contextPrefix);
  return {
    db,
    embedder,
    sources: new Map(sources.map((source) => [source.name, source])),
    role,
    serviceRole,
    chunking: {
      maxTokens,
      overlapTokens,
      ...(countTokens === undefined ? {} : { countTokens }),
      ...(contextPrefix === undefined ? {} : { contextPrefix }),
    },
  };
}

function assertEmbedder(embedder: Embedder): void {
  assertShape("embedder", typeof embedder?.embed === "function", "an Embedder", embedder);
  const { model, dimensions, maxInputTokens } = embedder;
  assertShape("embedder.model", typeof model === "string" && model.trim() !== "", "a name", model);
  assertDimensions("createEmbeddings: embedder", dimensions);
  assertInteger("createEmbeddings: embedder.maxInputTokens", maxInputTokens, { min: 1 });
}

function assertShape(option: string, valid: boolean, allowed: string, received: unknown): void {
  if (valid) return;
  throw new EmbeddingsError(
    "INVALID_OPTION",
    `createEmbeddings: ${option} must be ${allowed}; received ${shapeOf(received)}.`,
  );
}
