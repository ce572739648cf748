import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "../source.ts";
import type { Input } from "./input.ts";
import { chosenKeys, keysFor, lastMatched, type RankedKeys } from "./ranked-keys.ts";
import { caseOfLanguage, languageOf, type MatchedFields, matchCondition, tableOf } from "./scope.ts";
import { termCondition, termQuery, termRowsOf } from "./term-rows.ts";

export interface RankedRow {
  readonly type: string;
  readonly id: string;
  readonly score: number;
  /** Ordinals of the terms that the row does not have. */
  readonly missing: readonly number[];
}

/** Most rows that one source ranks where more may match: beyond it the rarest words choose, then the ids. */
export const maxRankedRows = 500;

/** What was ranked in one source. */
export interface RankedSource {
  readonly type: string;
  /** Rows with a candidate term, counted up to the request's `bound`. */
  readonly matched: number;
  /** Rows that fill up, found again or not. */
  readonly filled: number;
  /** Rows that were ranked. */
  readonly ranked: number;
  /** The lowest id of the ranked rows with a candidate term; null when there are none. */
  readonly floor: string | null;
  /** The lowest id of the rows that fill up (see `sourceRankingQuery`); null when there are none. */
  readonly fillFloor: string | null;
  /** How often each value of each filter occurs among the ranked rows; null unless asked for. */
  readonly facets: Facets | null;
}

/** Counts by value, by filter. Values as text; null counts as the empty text. */
export type Facets = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Ranks rows of one source: (id, score, missing, matched, filled, ranked, floor, fill_floor, facets). One row without an
 * id says the last six (see {@link RankedSource}); the others are in no order.
 *
 * Ranked are the last `cap` by id of the rows with the request's candidate terms; where these are less than `fill`, up
 * to so many of the last rows with any of the query's words as well.
 *
 * relevance = Σ weight(term) * min(1, (rank(term in title) + rank(term in body)) / 2 + code), where
 * - rank is `ts_rank` with equal weights and normalisation 16: 0..1, saturating in the term's occurrences, divided
 *   by the logarithm of the number of distinct words. Title and body apart, because a title's length says nothing
 *   of the body's: nDCG@10 .38 and .70 on Cranfield and CNIL, where one `ts_rank` over the whole vector (weights
 *   1 and .4) gives .37 and .60, and BM25 per field, which needs each vector unnested, .39 and .63.
 * - code, in sources with identifiers: .1 where the term is an identifier or parts of one, .25 where the path has it.
 *
 * It is mixed with the nearness of the words (`ts_rank_cd`) and weighted by age and source where the request asks.
 * score = (tier + relevance) / 3, in 0..1: tier 2 where the title has the query's words and no others, or code
 * declares what they name, 1 where the
 * row has all words, else 0. So exact titles come first and rows with all words before the rest.
 */
export function sourceRankingQuery(
  source: Source,
  input: Input,
  keys: RankedKeys = keysFor(source, input),
): SQL {
  return sql`
    with terms as materialized (${termRowsOf(source, input)}),
    matched as materialized (${keys.matched}),
    filled as materialized (${keys.filled}),
    chosen as materialized (${chosenKeys(source, input)}),
    scored as (
      select m.key, m.id, ((m.tier + ${relevance(source, input)}) / 3)::float8 as score
      from (select c.*, ${words(source)} as words from (${candidateRows(source, input)}) as c offset 0) as m
    ),
    page as materialized (
      select * from scored
      where ${afterCondition(input)}
      order by score desc, id collate "C" desc
      limit ${input.value("limit", "int")}
    )
    select page.id, page.score,
           array_to_string(array(
             select t.ordinal from terms as t where (${termCondition(fields(source))}) is not true order by t.ordinal
           ), ',') as missing,
           null::int as matched, null::int as filled, null::int as ranked,
           null::text as floor, null::text as fill_floor, null::jsonb as facets
    from page
    join (${rowsByKey(source, input, sql`select key from page`)}) as r on r.key = page.key
    union all
    select null, null, null, (select count(*)::int from matched), (select count(*)::int from filled),
           (select count(*)::int from chosen),
           (select l.key::text from (${lastMatched(input)}) as l order by l.key limit 1),
           (select f.key::text from filled as f order by f.key limit 1), ${facets(source, input)}`;
}

/** What {@link sourceRankingQuery} answers where no row is ranked and no facets are asked for. */
export const nothingRanked: SQL = sql`
    select null::text, null::float8, null::text, 0, 0, 0, null::text, null::text, null::jsonb`;

/** The chosen rows, with what ranks them. */
const candidateRows = (source: Source, input: Input): SQL => sql`
  select c.*, v.title, v.body,
         case ${declares(source, input)} when not c.has_all then 0 when strip(v.title) = c.whole_title then 2 else 1 end as tier
  from (
    select r.*, ${hasAll(source, input)} as has_all, ${wholeTitle(source, input)} as whole_title
    from (${rowsByKey(source, input, sql`select key from chosen`)} offset 0) as r
    offset 0
  ) as c
  cross join lateral (
    select ts_filter(c.row_vector, '{a}') as title, ts_filter(c.row_vector, '{b,c,d}') as body offset 0
  ) as v`;

/** Rows by their ids, under the names of {@link fields}. */
function rowsByKey(source: Source, input: Input, keys: SQL): SQL {
  const { id, vector, updatedAt, identifierVector, path, body } = source;
  return sql`
    select ${id} as key, ${id}::text as id, ${unpacked(vector)} as row_vector, ${languageOf(source)} as row_language,
           ${identifierVector ? unpacked(identifierVector) : sql`null::tsvector`} as row_identifiers,
           ${path ? sql`lower(${path})` : sql`null::text`} as row_path,
           ${identifierVector && body ? sql`${body}` : sql`null::text`} as row_body,
           ${updatedAt ?? sql`null::timestamptz`} as updated_at
    from (${keys}) as k
    join ${tableOf(source, input)} on ${id} = k.key`;
}

/** Where all words choose the rows, each row has them. */
const hasAll = (source: Source, input: Input): SQL =>
  sql`${input.value("relaxed")} is null or coalesce(${matchCondition(fields(source), "all", input)}, false)`;

/** Read and decompressed once, not by each function that looks at it: long vectors are kept out of line. */
const unpacked = (vector: PgColumn | SQL): SQL => sql`ts_delete(${vector}, ''::text)`;

/** The source's columns under the names that {@link rowsByKey} gives them. */
const fields = (source: Source): MatchedFields => ({
  vector: sql`row_vector`,
  language: typeof source.language === "string" ? source.language : sql`row_language`,
  identifierVector: source.identifierVector && sql`row_identifiers`,
  path: source.path && sql`row_path`,
  body: source.body && sql`row_body`,
  languages: source.languages,
});

/** Code that declares what the query names is to it what a title with just its words is. */
const declares = ({ identifierVector }: Source, input: Input): SQL =>
  identifierVector && input.has("declared")
    ? sql`when c.row_identifiers @@ ${input.value("declared", "tsquery")} then 2`
    : sql.empty();

const wholeTitle = (source: Source, input: Input): SQL => {
  const title = (language: string) => sql`${input.value(`titles.${language}`, "tsvector")}`;
  return typeof source.language === "string"
    ? title(source.language)
    : caseOfLanguage(source, sql`r.row_language`, title);
};

/** The sum over the terms, for candidate `c`. */
function words(source: Source): SQL {
  const query = termQuery(source, sql`c.row_language`);
  // ts_rank divides by the number of lexemes: of alternatives the sum counts, so that one more takes nothing away.
  const alternatives = sql`case when t.grouped then (numnode(${query}) + 1) / 2 else 1 end`;
  const text = sql`coalesce((ts_rank('{1,1,1,1}', c.title, ${query}, 16) + ts_rank('{1,1,1,1}', c.body, ${query}, 16)) * ${alternatives}, 0) / 2`;
  const identifier = sql`case when c.row_identifiers @@ t.identifiers then 0.1 else 0 end`;
  const path = sql`case when t.identifiers is not null and exists (
    select from unnest(t.words) as word where position(word in c.row_path) > 0) then 0.25 else 0 end`;
  const parts = [text];
  if (source.identifierVector) parts.push(identifier);
  if (source.path) parts.push(path);
  return sql`(select coalesce(sum(t.weight * least(1, ${sql.join(parts, sql` + `)})), 0) from terms as t)`;
}

const relevance = (source: Source, input: Input): SQL =>
  sql`(least(1, ${withNearness(source, input)} + ${exports(source, input)}) * ${factor(source, input)})`;

/** Of the code that declares what the query names, what others may use counts more. */
const exports = ({ identifierVector }: Source, input: Input): SQL =>
  identifierVector && input.has("exported")
    ? sql`case when m.row_identifiers @@ ${input.value("exported", "tsquery")} then 0.5 else 0 end`
    : sql`0`;

/** (1 - p) * words + p * the cover density of all words, where the request asks for a share p. */
function withNearness(source: Source, input: Input): SQL {
  if (!input.has("proximity")) return sql`m.words`;
  const all = (language: string) => sql`${input.value(`all.${language}`, "tsquery")}`;
  const query =
    typeof source.language === "string"
      ? all(source.language)
      : caseOfLanguage(source, sql`m.row_language`, all);
  const share = sql`${input.value("proximity", "float8")}`;
  return sql`case when ${input.value("proximity")} is null then m.words
    else (1 - ${share}) * m.words + ${share} * case when m.has_all then coalesce(ts_rank_cd('{1,1,1,1}', m.row_vector, ${query}, 32), 0) else 0 end end`;
}

/** In 0..1: how much the source counts, times how little the row's age takes away. */
function factor({ updatedAt }: Source, input: Input): SQL {
  const boost = input.has("boost") ? sql`coalesce(${input.value("boost", "float8")}, 1)` : sql`1`;
  if (!updatedAt || !input.has("recency.halfLifeDays")) return boost;
  const age = sql`greatest(0, extract(epoch from ${input.value("recency.now", "timestamptz")} - m.updated_at) / 86400)`;
  const share = sql`${input.value("recency.weight", "float8")}`;
  return sql`${boost} * coalesce(1 - ${share} + ${share} * power(0.5, least(1000, ${age} / ${input.value("recency.halfLifeDays", "float8")}))::float8, 1)`;
}

/** What follows a row of the page before. */
function afterCondition(input: Input): SQL {
  if (!input.has("after.score")) return sql`true`;
  const score = sql`${input.value("after.score", "float8")}`;
  const id = input.value("after.id");
  return sql`(${input.value("after.score")} is null or score < ${score}
    or (score = ${score} and ${input.value("after.ties")} is not null and (${id} is null or id collate "C" < ${id})))`;
}

function facets(source: Source, input: Input): SQL {
  if (!input.has("facets")) return sql`null::jsonb`;
  // Ids are no facets: there may be one for each row.
  const shown = Object.entries(source.filters).filter(([, column]) => column.getSQLType() !== "uuid");
  if (shown.length === 0) return sql`null::jsonb`;
  const counted = shown.map(
    ([name, column]) => sql`${name}::text, (
      select coalesce(jsonb_object_agg(f.value, f.count), '{}') from (
        select coalesce(${column}::text, '') as value, count(*) as count
        from chosen join ${tableOf(source, input)} on ${source.id} = chosen.key
        group by 1
      ) as f
    )`,
  );
  return sql`case when ${input.value("facets")} is not null then jsonb_build_object(${sql.join(counted, sql`, `)}) end`;
}

/**
 * The best rows of several sources, each ranked by its own statement: `type` beside its columns.
 * @param read reads the rows of the page, which follow as rows of their own: a second statement would take two more round
 *   trips, and to join them .5 ms of planning.
 */
export function rankingQuery(
  rankings: readonly { readonly name: string; readonly rows: SQL }[],
  {
    limit,
    offset,
    read,
  }: { readonly limit: number; readonly offset: number; readonly read?: PageRead | undefined },
): SQL {
  const none = (read?.columns ?? []).map(([name, type]) => sql.raw(`, null::${type} as ${name}`));
  const columns = (read?.columns ?? []).map(([name]) => sql`, p.${sql.identifier(name)}`);
  const pages = (read?.pages ?? []).map(
    ({ name, rows }) => sql`
  union all
  select i.type, p.id, null, null, null, null, null, null, null, null ${sql.join(columns)}
  from devora_shown_ids as i cross join lateral (${rows}) as p
  where i.type = ${name}::text`,
  );
  return sql`
  with devora_found as materialized (${sql.join(
    rankings.map(({ name, rows }) => sql`select ${name}::text as type, k.* from (${rows}) as k`),
    sql` union all `,
  )}),
  devora_shown as materialized (
    select * from devora_found where id is not null
    order by score desc, type collate "C", id collate "C" desc
    limit ${limit}::int offset ${offset}::int
  ),
  devora_shown_ids as materialized (select type, jsonb_agg(id) as ids from devora_shown group by type)
  select s.* ${sql.join(none)} from devora_shown as s
  union all select f.* ${sql.join(none)} from devora_found as f where f.id is null ${sql.join(pages)}`;
}

/** Within {@link rankingQuery}: the ids of one source's rows of the page, a JSON list. */
export const shownIds: SQL = sql`i.ids`;

/** Reads rows by {@link shownIds}: (id, and the columns, with their types). */
export interface PageRead {
  readonly pages: readonly { readonly name: string; readonly rows: SQL }[];
  readonly columns: readonly (readonly [string, string])[];
}

/** The rows in the statement's order, and the sources. */
export function decodeRanking(rows: readonly Row[]): { rows: RankedRow[]; sources: RankedSource[] } {
  const found = rows.filter(({ id, score }) => id !== null && score !== null);
  return {
    rows: found.map(({ type, id, score, missing }) => ({
      type: String(type),
      id: String(id),
      score: Number(score),
      missing: String(missing)
        .split(",")
        .filter((ordinal) => ordinal !== "")
        .map(Number),
    })),
    sources: rows
      .filter(({ id }) => id === null)
      .map(({ type, matched, filled, ranked, floor, fill_floor, facets }) => ({
        type: String(type),
        matched: Number(matched),
        filled: Number(filled),
        ranked: Number(ranked),
        floor: floor === null ? null : String(floor),
        fillFloor: fill_floor === null ? null : String(fill_floor),
        facets: (typeof facets === "string" ? JSON.parse(facets) : facets) as Facets | null,
      })),
  };
}
