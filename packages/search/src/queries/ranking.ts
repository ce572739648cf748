import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { type Match, ofSource, type Terms } from "../terms.ts";
import { languageOf, matchCondition, ofOwnLanguage, type Scope, scopeCondition } from "./scope.ts";
import { keysOf, termQuery, termRows, type WeightedTerm } from "./term-rows.ts";

export interface RankedRow {
  readonly type: string;
  readonly id: string;
  readonly score: number;
}

export interface RankingParameters {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly terms: Terms;
  readonly weighted: readonly WeightedTerm[];
  /** Which rows are ranked. */
  readonly candidates: Match;
  /** Most rows that are ranked in each source: the last ones by id. */
  readonly candidateLimit: number;
  readonly limit: number;
  readonly offset: number;
}

/**
 * Ranks rows of several sources on one scale, best first; ties by source, then by id, the last first.
 *
 * relevance = Σ weight(term) * min(1, (rank(term in title) + rank(term in body)) / 2 + code), where
 * - rank is `ts_rank` with equal weights and normalisation 16: 0..1, saturating in the term's occurrences, divided
 *   by the logarithm of the number of distinct words. Title and body apart, because a title's length says nothing
 *   of the body's: nDCG@10 .38 and .70 on Cranfield and CNIL, where one `ts_rank` over the whole vector (weights
 *   1 and .4) gives .37 and .60, and BM25 per field, which needs each vector unnested, .39 and .63.
 * - code, in sources with identifiers: .1 where the term is an identifier or parts of one, .25 where the path has it.
 *
 * score = (tier + relevance) / 3, in 0..1: tier 2 where the title has the query's words and no others, 1 where the
 * row has all words, else 0. So exact titles come first and rows with all words before the rest.
 */
export function rankingQuery(parameters: RankingParameters): SQL {
  const { sources, weighted, limit, offset } = parameters;
  const candidates = sources.map((source, index) => candidateRows(source, index, parameters));
  const ranked = sources.map(
    (source, index) => sql`
      select ${source.name}::text as type, m.id, ((m.tier + ${relevance(source, keysOf(weighted))}) / 3)::float8 as score
      from ${candidatesName(index)} as m`,
  );
  return sql`
    with terms as materialized (${termRows(weighted)}),
    ${sql.join(candidates, sql`, `)}
    select type, id, score from (${sql.join(ranked, sql` union all `)}) as ranked
    order by score desc, type, id desc
    limit ${limit}::int offset ${offset}::int`;
}

const candidatesName = (index: number): SQL => sql`${sql.identifier(`candidates_${index}`)}`;

function candidateRows(source: Source, index: number, parameters: RankingParameters): SQL {
  const { scope, terms, candidates, candidateLimit } = parameters;
  const titles = ofOwnLanguage(languageOf(source), ofSource(terms.titles, source), sql`tsvector`);
  return sql`${candidatesName(index)} as materialized (
    select c.id::text as id, c.language, c.identifiers, c.path, v.title, v.body,
           case when c.has_all and strip(v.title) = c.whole_title then 2 when c.has_all then 1 else 0 end as tier
    from (
      select ${source.id} as id, ${source.vector} as vector, ${languageOf(source)} as language,
             ${source.identifierVector ?? sql`null::tsvector`} as identifiers,
             ${source.path ? sql`lower(${source.path})` : sql`null::text`} as path,
             ${matchCondition(source, terms.all)} as has_all, ${titles} as whole_title
      from ${source.table}
      where ${scopeCondition(source, scope)} and ${matchCondition(source, candidates)}
      order by ${source.id} desc
      limit ${candidateLimit}::int
    ) as c
    cross join lateral (
      select ts_filter(c.vector, '{a}') as title, ts_filter(c.vector, '{b,c,d}') as body offset 0
    ) as v
  )`;
}

function relevance(source: Source, keys: ReadonlySet<string>): SQL {
  const query = termQuery(source, keys, sql`m.language`);
  // ts_rank divides by the number of lexemes: of alternatives the sum counts, so that one more takes nothing away.
  const alternatives = sql`case when t.grouped then (numnode(${query}) + 1) / 2 else 1 end`;
  const text = sql`coalesce((ts_rank('{1,1,1,1}', m.title, ${query}, 16) + ts_rank('{1,1,1,1}', m.body, ${query}, 16)) * ${alternatives}, 0) / 2`;
  const identifier = sql`case when m.identifiers @@ t.identifiers then 0.1 else 0 end`;
  const path = sql`case when t.identifiers is not null and exists (
    select from unnest(t.words) as word where position(word in m.path) > 0) then 0.25 else 0 end`;
  const parts = [text];
  if (source.identifierVector) parts.push(identifier);
  if (source.path) parts.push(path);
  return sql`(select coalesce(sum(t.weight * least(1, ${sql.join(parts, sql` + `)})), 0) from terms as t)`;
}

export const decodeRanking = (rows: readonly Row[]): RankedRow[] =>
  rows.map(({ type, id, score }) => ({ type: String(type), id: String(id), score: Number(score) }));
