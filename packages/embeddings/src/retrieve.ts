import { withDatabaseErrors } from "@devora/db-schema";
import type { Context } from "./context.ts";
import { type SearchOptions, searchScopesOf } from "./read-scopes.ts";
import { assertLimit, queryVector, searchScopes } from "./search-passages.ts";
import type { AnyFilters } from "./sources/filters-of.ts";

export interface RetrieveOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  /** Cut to the embedder's `maxInputTokens`; a blank one finds nothing. */
  query: string;
  /** Most passages, 1 to 1000. Default 10. */
  limit?: number | undefined;
  /** Names of sources. Default: all. */
  entityTypes?: readonly TName[] | undefined;
}

/** A part of a row's text that can be read, and cited, by itself. */
export interface Passage {
  /** Of the chunk; an id never changes its text. */
  id: string;
  source: string;
  entityId: string;
  /** The row's title, and in Markdown the headings of the passage. */
  title: string;
  text: string;
  /** `start` to `end` of the row's text, in UTF-16 code units. */
  start: number;
  end: number;
  /** Cosine similarity, 0 to 1, higher is nearer; below 0 counts as 0. */
  score: number;
  /** When the row was last changed, as it was embedded. */
  updatedAt: Date;
}

export interface Retrieval {
  /** Nearest first, ties by id. */
  passages: Passage[];
  /** False when more passages may match than were looked at. */
  complete: boolean;
}

/** Passages for a prompt; several may be of one row. */
export async function retrieve(context: Context, options: RetrieveOptions): Promise<Retrieval> {
  const { query, limit = 10, ef, signal } = options;
  assertLimit(limit);
  const scopes = searchScopesOf(context, options.entityTypes, options);
  const vector = await queryVector(context, query, signal);
  if (vector === undefined) return { passages: [], complete: true };
  return withDatabaseErrors("embeddings.retrieve", async () => {
    const search = { vector, limit, perEntity: false, ef, signal };
    const { hits, complete } = await searchScopes(context, scopes, options, search);
    const passages = hits.map(({ distance, ...hit }) => ({
      ...hit,
      score: Math.min(1, Math.max(0, 1 - distance)),
    }));
    return { passages, complete };
  });
}
