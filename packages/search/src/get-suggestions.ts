import { rowsOf, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import { is } from "drizzle-orm";
import { PgColumn } from "drizzle-orm/pg-core";
import { assertOwner, assertText, type CallOptions, chooseSources, wholeNumber } from "./options.ts";
import { decodeSuggestions, suggestionsQuery } from "./queries/suggestions.ts";
import type { SearchContext } from "./search.ts";
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

export interface Suggestions<S extends Source> {
  suggestions: { text: string; type: S["name"]; id: string }[];
}

/** Longer prefixes complete nothing. */
const maxPrefixLength = 200;

/** One statement; a prefix without letters and digits has no completions. */
export async function getSuggestions<S extends Source>(
  context: SearchContext<S>,
  options: SuggestionOptions<S>,
): Promise<Suggestions<S>> {
  const verb = "getSuggestions";
  assertText(verb, "prefix", options.prefix);
  const limit = wholeNumber(verb, "limit", options.limit, { initial: 10, min: 1, max: 50 });
  const sources = chooseSources(verb, context.sources, options.sources).filter(({ title }) =>
    is(title, PgColumn),
  );
  assertOwner(verb, sources, options);
  const prefix = cut(storable(options.prefix).trim(), maxPrefixLength);
  if (sources.length === 0 || !/[\p{L}\p{N}]/u.test(prefix)) return { suggestions: [] };

  options.signal?.throwIfAborted();
  const scope = { ownerId: options.ownerId, filters: {}, updatedAfter: undefined };
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => ({
      suggestions: decodeSuggestions(await rowsOf(db, suggestionsQuery(sources, scope, prefix, limit))),
    })),
  );
}
