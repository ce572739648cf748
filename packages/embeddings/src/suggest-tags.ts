import { rowsOf, withDatabaseErrors } from "@devora/db-schema";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { entitiesCentroid } from "./entities-centroid.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { labelVectors } from "./label-vectors.ts";
import { decodeTagged, hasTag, type TaggedRow, tagsQuery } from "./queries/tags.ts";
import { inScope, type ReadOptions, scopesOf } from "./read-scopes.ts";
import { assertLimit, queryVector, searchScopes } from "./search-passages.ts";
import type { Source } from "./sources/define-source.ts";
import type { AnyFilters } from "./sources/filters-of.ts";
import { assertInteger } from "./validate.ts";

export interface SuggestTagsOptions<TName extends string = string, TFilters = AnyFilters>
  extends ReadOptions {
  /** Where the row is, and where rows that have tags are looked for. */
  source: TName;
  /** The row that is to get tags; either this or `text`. */
  id?: string | number | bigint | undefined;
  /** What is to get tags, stored or not. */
  text?: string | undefined;
  /** Tags to choose from; their own meaning counts. Either these or `tagOf`. At most 1000. */
  labels?: readonly string[] | undefined;
  /** The filter whose column holds the tags of other rows, one each or an array. */
  tagOf?: (keyof TFilters & string) | undefined;
  /** With `tagOf`: how many of the nearest rows that have tags vote, 1 to 1000. Default 30. */
  voters?: number | undefined;
  /** Most tags, 1 to 1000. Default 5. */
  limit?: number | undefined;
}

export interface TagSuggestion {
  /** A label as given; of a column, its text form. */
  tag: string;
  /**
   * 0 to 1, higher is better. With `tagOf`: the share of the votes that the tag got, each vote weighing as much as its
   * row is similar. With `labels`: the cosine similarity of the label, below 0 counting as 0.
   */
  score: number;
  /** How many rows voted for it; 0 for labels, of which none does. */
  support: number;
}

export interface TagSuggestions {
  /** Best first, ties by tag. */
  tags: TagSuggestion[];
  /** False when nearer rows than those that voted may have been missed. */
  complete: boolean;
}

/** Tags for a row or a text: what the nearest rows with tags have, or the nearest of given labels. */
export async function suggestTags(context: Context, options: SuggestTagsOptions): Promise<TagSuggestions> {
  const { labels, tagOf, limit = 5, voters = 30, signal } = options;
  assertLimit(limit);
  assertInteger("voters", voters, { min: 1, max: 1_000 }, "INVALID_INPUT");
  const source = sourceNamed(context, options.source);
  assertOneOf("id or text", [options.id, options.text]);
  assertOneOf("labels or tagOf", [labels, tagOf]);
  if (labels !== undefined) assertLabels(labels);
  const column = tagOf === undefined ? undefined : columnOf(source, tagOf);
  const entityIds = options.id === undefined ? [] : [entityIdOf(source, options.id)];
  const scopes = scopesOf([source], options);
  const vector =
    options.id === undefined
      ? await queryVector(context, options.text, signal)
      : await withDatabaseErrors("embeddings.suggestTags", () =>
          entitiesCentroid(context, source, entityIds, options),
        );
  if (vector === undefined) return { tags: [], complete: true };
  if (labels !== undefined) {
    const vectors = await labelVectors(context, labels, signal);
    return { tags: nearestLabels(vector, vectors).slice(0, limit), complete: true };
  }
  if (column === undefined) return { tags: [], complete: true };
  return withDatabaseErrors("embeddings.suggestTags", async () => {
    const conditions = new Map([[source.name, hasTag(column)]]);
    const labelled = scopes.map((scope) => ({
      ...scope,
      conditions,
      except: { source: source.name, entityIds },
    }));
    const search = { vector, limit: voters, perEntity: true, signal };
    const { hits, complete } = await searchScopes(context, labelled, options, search);
    const ids = hits.map((hit) => hit.entityId);
    const rows: TaggedRow[] = [];
    for (const scope of ids.length === 0 ? [] : scopes) {
      const found = await inScope(context, scope, options, (tx) =>
        rowsOf(tx, tagsQuery(source, column, ids)),
      );
      rows.push(...found.map(decodeTagged));
    }
    const similarities = new Map(hits.map((hit) => [hit.entityId, 1 - hit.distance]));
    return { tags: votesOf(rows, similarities).slice(0, limit), complete };
  });
}

function votesOf(rows: readonly TaggedRow[], similarities: ReadonlyMap<string, number>): TagSuggestion[] {
  const votes = new Map<string, { weight: number; support: number }>();
  let total = 0;
  for (const { entityId, tags } of rows) {
    const weight = Math.max(0, similarities.get(entityId) ?? 0);
    total += weight;
    for (const tag of new Set(tags)) {
      const vote = votes.get(tag) ?? { weight: 0, support: 0 };
      votes.set(tag, { weight: vote.weight + weight, support: vote.support + 1 });
    }
  }
  return [...votes]
    .map(([tag, { weight, support }]) => ({ tag, score: total === 0 ? 0 : weight / total, support }))
    .sort(byScore);
}

const nearestLabels = (
  vector: readonly number[],
  labels: ReadonlyMap<string, readonly number[]>,
): TagSuggestion[] =>
  [...labels]
    .map(([tag, of]) => ({ tag, score: Math.min(1, Math.max(0, cosine(vector, of))), support: 0 }))
    .sort(byScore);

const byScore = (a: TagSuggestion, b: TagSuggestion): number => b.score - a.score || (a.tag < b.tag ? -1 : 1);

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b) || 1);
}

function columnOf(source: Source, name: string): PgColumn {
  const column = Object.hasOwn(source.filters, name) ? source.filters[name] : undefined;
  if (column !== undefined) return column;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `tagOf must be a filter of source "${source.name}"; allowed are ${Object.keys(source.filters).join(", ") || "none"}.`,
  );
}

function assertOneOf(names: string, values: readonly unknown[]): void {
  const given = values.filter((value) => value !== undefined).length;
  if (given === 1) return;
  throw new EmbeddingsError("INVALID_INPUT", `suggestTags needs either ${names}; received ${given} of them.`);
}

function assertLabels(labels: unknown): void {
  const isValid = (label: unknown) => typeof label === "string" && label.trim() !== "";
  if (Array.isArray(labels) && labels.length <= 1_000 && labels.every(isValid)) return;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `labels must be at most 1000 texts that are not blank; received ${shapeOf(labels)}.`,
  );
}
