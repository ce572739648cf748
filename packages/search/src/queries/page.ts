import { type Row, textConfig } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { hitEnd, hitStart, slash, tagOpen } from "../marked-text.ts";
import type { Source } from "../source.ts";
import type { Terms } from "../terms.ts";
import { castTypeOf } from "./column-type.ts";
import { boundInput, type Input, type SearchRequest } from "./input.ts";
import { type Kernels, kernelCall } from "./kernel-call.ts";
import { type PageRead, shownIds } from "./ranking.ts";
import {
  caseOfLanguage,
  conditionOf,
  languageOf,
  type Scope,
  scopeRequest,
  tableOf,
  valuesRequest,
} from "./scope.ts";
import { patternRows, patternsJson, type WeightedTerm } from "./term-rows.ts";

/** A row of the answered page, its texts marked where the query's words are. */
export interface PageRow {
  readonly type: string;
  readonly id: string;
  readonly title: string;
  readonly markedTitle: string;
  /** The whole body, or of a long one the {@link windowLengths} characters around its most telling word. */
  readonly markedBody: string;
  /** What comes before the window, in UTF-16 code units and in lines. */
  readonly startOffset: number;
  readonly linesBefore: number;
  readonly updatedAt: Date | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Longer bodies are cut to the characters around their most telling word before they are marked, because `ts_headline`
 * takes .12 ms for each 1,000: enough for a snippet, for a passage, and for lines of code.
 */
export const windowLengths = { snippet: 4_000, passage: 8_000, code: 8_000 } as const;
/** The part of a window that comes before the word that it was cut for: an eighth. */
const leadDivisor = 8;

const headlineOptions = `HighlightAll=true, StartSel="${hitStart}", StopSel="${hitEnd}"`;

/** What the bodies are for; those of code are always for lines. */
export type PageUse = "snippet" | "passage";

export interface Marking {
  readonly scope: Scope;
  readonly terms: Terms;
  readonly weighted: readonly WeightedTerm[];
  readonly use: PageUse;
  readonly kernels: Kernels;
}

/** Reads the rows of a page in the statement that ranks them, in any order. The scope is checked once more. */
export const pageRead = (sources: readonly Source[], marking: Marking): PageRead => ({
  pages: sources.map((source) => {
    const request = pageRequest(source, marking);
    const page = marking.kernels.get(source.name)?.page;
    const rows = page
      ? kernelCall(page, request, sql`jsonb_build_object('ids', ${shownIds})`)
      : sourcePageQuery(source, inputWithIds(boundInput(request), shownIds));
    return { name: source.name, rows };
  }),
  columns: pageColumns,
});

const pageColumns = [
  ["title", "text"],
  ["marked_title", "text"],
  ["marked_body", "text"],
  ["start_offset", "int"],
  ["lines_before", "int"],
  ["updated_at", "float8"],
  ["metadata", "jsonb"],
] as const;

const inputWithIds = (input: Input, ids: SQL): Input => ({
  ...input,
  value: (name, type) => (name === "ids" ? ids : input.value(name, type)),
});

const pageRequest = (source: Source, { scope, terms, weighted, use }: Marking): SearchRequest => ({
  ...scopeRequest(source, scope),
  ...valuesRequest(source, "highlights", terms.highlights),
  patterns: patternsJson(weighted),
  patternCount: String(weighted.length),
  window: String(windowLengths[source.identifierVector ? "code" : use]),
});

/**
 * The rows of one source, each found by its own id: a plan for a list of ids may read all rows of an owner instead.
 * Answers (id, title, marked_title, marked_body, start_offset, lines_before, updated_at, metadata).
 */
export function sourcePageQuery(source: Source, input: Input): SQL {
  const ids = sql`select value::${sql.raw(castTypeOf(source.id))} as key from jsonb_array_elements_text(${input.value("ids", "jsonb")})`;
  const window = input.value("window", "int");
  const query = (language: string) => input.value(`highlights.${language}`, "tsquery");
  const own =
    typeof source.language === "string"
      ? query(source.language)
      : caseOfLanguage(source, sql`d.language`, query);
  return sql`
    with terms as materialized (${patternRows(input)})
    select d.id, d.title,
           ${marked(sql`d.title`, sql`h.title`)} as marked_title,
           ${marked(sql`w.text`, sql`h.body`)} as marked_body,
           length(w.before) + length(regexp_replace(w.before, '[^\\U00010000-\\U0010ffff]', '', 'g')) as start_offset,
           length(w.before) - length(replace(w.before, e'\\n', '')) as lines_before,
           d.updated_at, d.metadata
    from (${ids} offset 0) as k
    cross join lateral (
      select ${source.id}::text as id, coalesce(${source.title}, '')::text as title,
             coalesce(${source.body ?? sql`''`}, '')::text as body, ${languageOf(source)} as language,
             ${source.updatedAt ? sql`(extract(epoch from ${source.updatedAt}) * 1000)::float8` : sql`null::float8`} as updated_at,
             ${metadataOf(source.metadata)} as metadata
      from ${tableOf(source, input)}
      where ${source.id} = k.key and ${conditionOf(source, input)}
      offset 0
    ) as d
    cross join lateral (select ${windowStart(source, window)} as start offset 0) as s
    cross join lateral (
      select left(d.body, s.start) as before, substr(d.body, s.start + 1, ${window}) as text offset 0
    ) as w
    cross join lateral (select ${own} as query offset 0) as q
    cross join lateral (select ${headline(source, sql`d.title`)} as title, ${headline(source, sql`w.text`)} as body offset 0) as h`;
}

const headline = ({ languages }: Source, text: SQL): SQL =>
  sql`ts_headline(${textConfig(sql`d.language`, languages)}, ${withoutMarks(text)}, q.query, ${headlineOptions}::text)`;

/** ts_headline leaves out words of more than 2 kB; better no marks than text that is not the row's. */
const marked = (text: SQL, headline: SQL): SQL => sql`
  case when length(translate(${headline}, ${hitStart + hitEnd}::text, '')) = length(${text}) then ${headline}
  else ${withoutMarks(text)} end`;

/** Zero-based, in characters: 0 unless the body is long, then a little before its first, most telling word. */
const windowStart = (source: Source, window: SQL): SQL => sql`
  case when length(d.body) <= ${window} then 0
  else greatest(0, coalesce((
    select found.at
    from terms as t
    cross join lateral (
      select regexp_instr(left(d.body, 100000), ${source.identifierVector ? sql`t.pattern` : sql`'\\m' || t.pattern`}, 1, 1, 0, 'i') as at
    ) as found
    where t.pattern <> '' and found.at > 0
    order by t.weight desc, t.ordinal
    limit 1
  ), 1) - 1 - ${window} / ${leadDivisor}::int) end`;

/**
 * The marks' own characters never come from a row. From ts_headline `<` hides, because it would drop tags, and `/`,
 * because it would mark paths alone.
 */
const withoutMarks = (text: SQL): SQL =>
  sql`translate(${text}, ${`</${tagOpen}${slash}${hitStart}${hitEnd}`}::text, ${`${tagOpen}${slash}${"\uFFFD".repeat(4)}`}::text)`;

/** As JSON; what JSON numbers cannot hold travels as text. */
function metadataOf(metadata: Readonly<Record<string, PgColumn>>): SQL {
  const pairs = Object.entries(metadata).map(([name, column]) =>
    column.dataType === "bigint" || column.dataType === "string"
      ? sql`${name}::text, ${column}::text`
      : sql`${name}::text, ${column}`,
  );
  return sql`jsonb_build_object(${sql.join(pairs, sql`, `)})`;
}

/** Of the answer of `rankingQuery`; rows that are gone or out of scope are left out. */
export const decodePage = (answer: readonly Row[]): PageRow[] =>
  answer
    .filter(({ title }) => title != null)
    .map((row) => ({
      type: String(row.type),
      id: String(row.id),
      title: String(row.title),
      markedTitle: String(row.marked_title),
      markedBody: String(row.marked_body),
      startOffset: Number(row.start_offset),
      linesBefore: Number(row.lines_before),
      updatedAt: row.updated_at === null ? undefined : new Date(Number(row.updated_at)),
      metadata: decodeJson(row.metadata),
    }));

/** Drivers answer jsonb parsed; with parsers switched off, as text. */
const decodeJson = (value: unknown): Readonly<Record<string, unknown>> =>
  (typeof value === "string" ? JSON.parse(value) : value) as Record<string, unknown>;
