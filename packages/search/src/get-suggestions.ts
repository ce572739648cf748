import { type Database, rowsOf, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import { is } from "drizzle-orm";
import { PgColumn } from "drizzle-orm/pg-core";
import type { SearchContext } from "./context.ts";
import { assertOwner, assertText, type CallOptions, chooseSources, wholeNumber } from "./options.ts";
import { completionsQuery, decodeCompletions } from "./queries/completions.ts";
import { decodeInstalled, statisticsInstalledQuery } from "./queries/statistics-installed.ts";
import { decodeSuggestions, suggestionsQuery } from "./queries/suggestions.ts";
import type { Source } from "./source.ts";
import { cut, storable } from "./text.ts";

export interface SuggestionOptions<S extends Source> extends CallOptions {
  /** What the person typed so far; its first 200 characters count. */
  prefix: string;
  /** Names of the sources whose titles complete it. Default: all with a column as title. */
  sources?: readonly S["name"][] | undefined;
  /** 1 to 50. Default 10. */
  limit?: number | undefined;
}

/** A title of a row, a word of the vocabulary after the words already typed, or an own past query. */
export type Suggestion<S extends Source> =
  | { kind: "title"; text: string; type: S["name"]; id: string }
  | { kind: "word"; text: string }
  | { kind: "query"; text: string };

export interface Suggestions<S extends Source> {
  suggestions: Suggestion<S>[];
}

/** Longer prefixes complete nothing. */
const maxPrefixLength = 200;

/** At most so many of the suggestions are past queries. */
const maxQueries = 3;

/**
 * Own past queries that begin with the prefix, titles and then words that do, then titles that contain or resemble it;
 * each text once. A prefix without letters and digits has no completions.
 */
export async function getSuggestions<S extends Source>(
  context: SearchContext<S>,
  options: SuggestionOptions<S>,
): Promise<Suggestions<S>> {
  const verb = "getSuggestions";
  assertText(verb, "prefix", options.prefix);
  const limit = wholeNumber(verb, "limit", options.limit, { initial: 10, min: 1, max: 50 });
  const sources = chooseSources(verb, context.sources, options.sources);
  assertOwner(verb, sources, options);
  const prefix = cut(storable(options.prefix).trimStart(), maxPrefixLength);
  if (!/[\p{L}\p{N}]/u.test(prefix)) return { suggestions: [] };

  options.signal?.throwIfAborted();
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      const titles = await readTitles(db, sources, options.ownerId, prefix.trim(), limit);
      options.signal?.throwIfAborted();
      const others = await readCompletions(db, sources, prefix, limit);
      return { suggestions: merged(titles, others, limit) };
    }),
  );
}

type Ranked<S extends Source> = { readonly rank: number; readonly suggestion: Suggestion<S> };

async function readTitles<S extends Source>(
  db: Database,
  sources: readonly S[],
  ownerId: string | undefined,
  prefix: string,
  limit: number,
): Promise<Ranked<S>[]> {
  const titled = sources.filter(({ title }) => is(title, PgColumn));
  if (titled.length === 0) return [];
  const scope = { ownerId, filters: {}, updatedAfter: undefined };
  const rows = decodeSuggestions(await rowsOf(db, suggestionsQuery(titled, scope, prefix, limit)));
  return rows.map(({ rank, type, id, text }) => ({
    rank: rank === 0 ? 1 : rank + 2,
    suggestion: { kind: "title", text, type, id },
  }));
}

/** Queries come before titles that begin with the prefix, words after them. */
async function readCompletions<S extends Source>(
  db: Database,
  sources: readonly S[],
  prefix: string,
  limit: number,
): Promise<Ranked<S>[]> {
  if (!decodeInstalled(await rowsOf(db, statisticsInstalledQuery))) return [];
  const [lastWord = ""] = prefix.match(/[\p{L}\p{M}]+$/u) ?? [];
  const head = prefix.slice(0, prefix.length - lastWord.length);
  const names = sources.map(({ name }) => name);
  const parameters = { prefix: prefix.trimEnd(), lastWord: lastWord.toLowerCase(), sources: names, limit };
  const rows = decodeCompletions(await rowsOf(db, completionsQuery(parameters)));
  const queries = rows.filter(({ kind }) => kind === "query").slice(0, maxQueries);
  const words = rows.filter(({ kind }) => kind === "word");
  return [
    ...queries.map(({ text }) => ({ rank: 0, suggestion: { kind: "query", text } as const })),
    ...words.map(({ text }) => ({ rank: 2, suggestion: { kind: "word", text: head + text } as const })),
  ];
}

function merged<S extends Source>(
  titles: readonly Ranked<S>[],
  others: readonly Ranked<S>[],
  limit: number,
): Suggestion<S>[] {
  const seen = new Set<string>();
  return [...titles, ...others]
    .sort((a, b) => a.rank - b.rank)
    .map(({ suggestion }) => suggestion)
    .filter(({ text }) => {
      const key = text.toLowerCase();
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, limit);
}
