import { type Database, rowsOf } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { bestRows } from "./bm25.ts";
import type { CursorPlace } from "./cursor.ts";
import type { Installed } from "./installed.ts";
import { boundInput, type SearchRequest } from "./queries/input.ts";
import { type Kernels, kernelCall } from "./queries/kernel-call.ts";
import { decodePage, pageRead } from "./queries/page.ts";
import { decodeRanking, type PageRead, rankingQuery, sourceRankingQuery } from "./queries/ranking.ts";
import { matchRequest, scopeRequest, valuesRequest } from "./queries/scope.ts";
import type { Statistics } from "./queries/statistics.ts";
import { termsJson, type WeightedTerm } from "./queries/term-rows.ts";
import type { Ranking, RankOptions } from "./rank-options.ts";
import type { Source } from "./source.ts";
import { type Match, type Terms, withinWords } from "./terms.ts";

/** A later page ranks what the first did, by its lowest id, and no more than so many times that though rows are written. */
const laterPages = 4;
/** Rows with any word that a source ranks at least, where the rarest words choose. */
export const fillRows = 200;

export interface AskedTerms extends Terms {
  /** Finds code that declares what the whole query names; see {@link declaredName}. */
  readonly declared: string | null;
}

export interface RankCall {
  readonly db: Database;
  readonly options: RankOptions;
  readonly terms: AskedTerms;
  readonly installed: Installed;
  /** What is known of the terms without counting; undefined where there are no statistics for the scope. */
  readonly statistics: Statistics | undefined;
}

export type Place = Omit<CursorPlace, "hash">;
export type RankedPage = Omit<Ranking, "place" | "explanation"> & { readonly place: Place };

/** Ranks by a place that is known: the first one, or that of a cursor. */
export async function rankPage(
  call: RankCall,
  place: Place,
  bound = laterPages * place.cap,
): Promise<RankedPage> {
  const { db, options, terms } = call;
  const { signal } = options;
  const asked = askedTerms(terms, place);
  const best = place.complete ? undefined : await readBest(db, options, asked, matchOf(asked, place));
  signal?.throwIfAborted();
  const rows = await rowsOf(db, pageStatement(call, place, { bound, best }));
  return {
    ...decodeRanking(rows),
    page: decodePage(rows),
    ...place,
    terms: asked,
    weighted: weightedTerms(terms, place),
    place,
  };
}

export interface PageBounds {
  /** Rows that are counted of each source. */
  readonly bound: number;
  /** By source, the ids that its BM25 index holds best. */
  readonly best?: ReadonlyMap<string, string> | undefined;
}

/** The statement that ranks by a place; see `rankingQuery`. */
export function pageStatement(
  { options, terms, installed }: RankCall,
  place: Place,
  { bound, best }: PageBounds,
): SQL {
  const asked = askedTerms(terms, place);
  const weighted = weightedTerms(terms, place);
  const kernels = place.within ? noKernels : installed.kernels;
  const { sources, scope, read: use } = options;
  const read = use && pageRead(sources, { scope, terms: asked, weighted, use, kernels: installed.kernels });
  const page = { ...place, weighted, match: matchOf(asked, place), best, bound, read };
  return pageOf(options, asked, page, kernels);
}

const askedTerms = (terms: AskedTerms, place: Place): AskedTerms => ({
  ...terms,
  ...(place.within ? withinWords(terms) : undefined),
});

const weightedTerms = ({ terms }: Terms, { weights }: Place): WeightedTerm[] =>
  terms.map((term, index) => ({ ...term, weight: weights[index] ?? 0 }));

/** Letters within words are read from the bodies, which kernels do not do. */
const noKernels: Kernels = new Map();

const matchRequests = (source: Source, { all, declared }: AskedTerms, candidates: Match): SearchRequest => ({
  ...matchRequest(source, "all", orDeclared(all, declared)),
  ...matchRequest(source, "candidates", orDeclared(candidates, declared)),
  ...matchRequest(source, "excluded", all.excluded),
  declared: declared === null ? null : `'=${declared}'`,
  exported: declared === null ? null : `'==${declared}'`,
});

/** Also rows that declare what the whole query names, though words of it were dropped. */
const orDeclared = (match: Match, declared: string | null): Match =>
  declared === null || match.identifiers === null
    ? match
    : { ...match, identifiers: `(${match.identifiers}) | '=${declared}'` };

/** Where more rows match than are ranked: what BM25 indexes hold best. */
const readBest = (db: Database, { sources, scope, signal }: RankOptions, terms: AskedTerms, match: Match) =>
  bestRows(db, sources, {
    requestOf: (source) => ({ ...scopeRequest(source, scope), ...matchRequests(source, terms, match) }),
    words: terms.terms.map(({ text }) => text).join(" "),
    signal,
  });

/** What the ranked rows must match. */
const matchOf = (terms: AskedTerms, { relaxed, candidates }: Place): Match =>
  relaxed ? terms.any(candidates.flatMap((ordinal) => terms.terms[ordinal] ?? [])) : terms.all;

interface PagePlace extends Place {
  readonly bound: number;
  readonly weighted: readonly WeightedTerm[];
  readonly match: Match;
  readonly best: ReadonlyMap<string, string> | undefined;
  readonly read: PageRead | undefined;
}

function pageOf(
  { sources, scope, preferences, facets, limit, offset }: RankOptions,
  terms: AskedTerms,
  place: PagePlace,
  kernels: Kernels,
): SQL {
  const { weighted, match, best, floors, fillFloors, after, rankedAt, read } = place;
  const { boosts = {}, recency, proximity } = preferences;
  const greatest = Math.max(...sources.map(({ name }) => boosts[name] ?? 1));
  const rankings = sources.map((source) => {
    const boost = (boosts[source.name] ?? 1) / greatest;
    const request: SearchRequest = {
      ...scopeRequest(source, scope),
      ...matchRequests(source, terms, match),
      ...valuesRequest(source, "titles", terms.titles),
      terms: termsJson(source, weighted),
      termCount: String(weighted.length),
      limit: String(limit + offset),
      ...(place.fill && matchRequest(source, "any", orDeclared(terms.any(), terms.declared))),
      scattered: place.scattered ? "true" : null,
      bound: String(place.bound),
      cap: String(after ? place.bound : place.cap),
      fill: fillOf(place, source),
      fillFloor: fillFloors[source.name] ?? null,
      relaxed: place.relaxed ? "true" : null,
      floor: floors[source.name] ?? null,
      best: best?.get(source.name) ?? null,
      proximity: proximity ? String(proximity) : null,
      boost: boost === 1 ? null : String(boost),
      facets: facets ? "true" : null,
      ...(recency && {
        "recency.now": rankedAt,
        "recency.halfLifeDays": String(recency.halfLifeDays),
        "recency.weight": String(recency.weight ?? 0.3),
      }),
      ...(after && afterRequest(source, after)),
    };
    const kernel = kernels.get(source.name);
    const rows = kernel
      ? kernelCall(kernel.rank, { ...request, planned: place.many || !kernel.isOwn ? "true" : null })
      : sourceRankingQuery(source, boundInput(request));
    return { name: source.name, rows };
  });
  return rankingQuery(rankings, { limit, offset, read });
}

/** A later page fills up with what the first did. */
function fillOf({ fill, fillFloors, after, bound }: PagePlace, { name }: Source): string | null {
  if (!fill || (after && fillFloors[name] === undefined)) return null;
  return String(after ? bound : fillRows);
}

/** Ties by source, then by id: a later source's rows of the same score follow, an earlier one's came before. */
const afterRequest = (
  { name }: Source,
  { score, type, id }: NonNullable<CursorPlace["after"]>,
): SearchRequest => ({
  "after.score": String(score),
  "after.ties": name >= type ? "true" : null,
  "after.id": name === type ? id : null,
});
