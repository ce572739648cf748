import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "../source.ts";
import { type Match, ofSource } from "../terms.ts";
import { escapeLike } from "../text.ts";
import { type FieldFilter, fieldCondition, hasField } from "./field-condition.ts";

/** The rows that a call may find at all. */
export interface Scope {
  /** Undefined: rows of all owners. */
  readonly ownerId: string | undefined;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly updatedAfter: Date | undefined;
  /** Exclusive. */
  readonly updatedBefore?: Date | undefined;
  /** Conditions that the query itself named; they hold beside the call's. */
  readonly fields?: readonly FieldFilter[];
}

/** Live rows of the owner that pass the filters. The owner's predicate is there whether or not policies are. */
export function scopeCondition(source: Source, scope: Scope): SQL {
  const { ownerId, filters, updatedAfter, updatedBefore, fields = [] } = scope;
  const conditions = [
    source.owner && ownerId !== undefined ? sql`${source.owner} = ${ownerId}` : undefined,
    source.deletedAt && isNull(source.deletedAt),
    source.where && sql`(${source.where})`,
    source.updatedAt &&
      updatedAfter &&
      sql`${source.updatedAt} >= ${updatedAfter.toISOString()}::timestamptz`,
    source.updatedAt &&
      updatedBefore &&
      sql`${source.updatedAt} < ${updatedBefore.toISOString()}::timestamptz`,
    ...Object.entries(filters).map(([name, value]) => filterCondition(source.filters[name], value)),
    ...fields.map((field) => fieldCondition(source, field)),
  ];
  return and(...conditions) ?? sql`true`;
}

function filterCondition(column: PgColumn | undefined, value: unknown): SQL | undefined {
  if (!column || value === undefined) return undefined;
  if (value === null) return isNull(column);
  return Array.isArray(value) ? inArray(column, value) : eq(column, value);
}

/** Whether a source has a column for each filter that the call names. */
export const canFilter = (
  source: Source,
  { filters, updatedAfter, updatedBefore, fields = [] }: Scope,
): boolean =>
  ((updatedAfter === undefined && updatedBefore === undefined) || source.updatedAt !== undefined) &&
  fields.every((field) => hasField(source, field)) &&
  Object.keys(filters).every((name) => filters[name] === undefined || source.filters[name] !== undefined);

/** The row's language as SQL text. */
export const languageOf = ({ language }: Source): SQL =>
  typeof language === "string" ? sql`${language}::text` : sql`${language}`;

const isSame = (values: Readonly<Record<string, string | null>>): boolean =>
  new Set(Object.values(values)).size === 1;

/**
 * The value of the row's own language. A row without a known language counts as `simple`.
 *
 * @param language the row's, as SQL
 * @param values those of the row's source: see `ofSource`
 * @param cast what each value is cast to: a constant of the calling file
 */
export function ofOwnLanguage(
  language: SQL,
  values: Readonly<Record<string, string | null>>,
  cast: SQL,
): SQL {
  const { simple = null, ...others } = values;
  const value = (text: string | null) => sql`${text}::${cast}`;
  if (isSame(values)) return value(simple);
  const cases = Object.entries(others).map(([name, text]) => sql`when ${name}::text then ${value(text)}`);
  return sql`case ${language} ${sql.join(cases, sql` `)} else ${value(simple)} end`;
}

/**
 * Rows that match. A row is matched with the query of its own language; before that, with the queries of all
 * languages at once, which is what a GIN index on (owner, vector) can answer.
 */
export function matchCondition(source: Source, match: Match): SQL {
  const { identifiers, pathPart, excluded } = match;
  const { identifierVector, path } = source;
  const arms: SQL[] = [vectorCondition(source, ofSource(match.queries, source))];
  if (identifierVector && identifiers !== null)
    arms.push(sql`${identifierVector} @@ ${identifiers}::tsquery`);
  if (path && pathPart !== null)
    arms.push(sql`${path} ilike ${`%${escapeLike(pathPart)}%`}::text escape '\\'`);
  if (identifierVector && source.body && match.contentPart !== undefined)
    arms.push(sql`${source.body} ilike ${`%${escapeLike(match.contentPart)}%`}::text escape '\\'`);
  const met = sql`(${sql.join(arms, sql` or `)})`;
  return excluded ? sql`${met} and not coalesce(${matchCondition(source, excluded)}, false)` : met;
}

function vectorCondition(
  { vector, language }: Source,
  queries: Readonly<Record<string, string | null>>,
): SQL {
  if (typeof language === "string") return sql`${vector} @@ ${queries[language] ?? null}::tsquery`;
  const own = ofOwnLanguage(sql`${language}`, queries, sql`tsquery`);
  if (isSame(queries)) return sql`${vector} @@ ${own}`;
  return sql`(${vector} @@ ${anyLanguage(queries)}::tsquery and ${vector} @@ ${own})`;
}

/** One tsquery for rows of every language; null where there is none in any. */
export function anyLanguage(queries: Readonly<Record<string, string | null>>): string | null {
  const distinct = new Set(Object.values(queries).flatMap((query) => query ?? []));
  return distinct.size === 0 ? null : [...distinct].map((query) => `(${query})`).join(" | ");
}
