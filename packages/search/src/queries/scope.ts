import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "../source.ts";
import { type ByLanguage, type Match, textLanguages } from "../terms.ts";
import { escapeLike } from "../text.ts";

/** The rows that a call may find at all. */
export interface Scope {
  /** Undefined: rows of all owners. */
  readonly ownerId: string | undefined;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly updatedAfter: Date | undefined;
}

/** Live rows of the owner that pass the filters. The owner's predicate is there whether or not policies are. */
export function scopeCondition(source: Source, { ownerId, filters, updatedAfter }: Scope): SQL {
  const conditions = [
    source.owner && ownerId !== undefined ? sql`${source.owner} = ${ownerId}` : undefined,
    source.deletedAt && isNull(source.deletedAt),
    source.where && sql`(${source.where})`,
    source.updatedAt &&
      updatedAfter &&
      sql`${source.updatedAt} >= ${updatedAfter.toISOString()}::timestamptz`,
    ...Object.entries(filters).map(([name, value]) => filterCondition(source.filters[name], value)),
  ];
  return and(...conditions) ?? sql`true`;
}

function filterCondition(column: PgColumn | undefined, value: unknown): SQL | undefined {
  if (!column || value === undefined) return undefined;
  if (value === null) return isNull(column);
  return Array.isArray(value) ? inArray(column, value) : eq(column, value);
}

/** Whether a source has a column for each filter that the call names. */
export const canFilter = (source: Source, { filters, updatedAfter }: Scope): boolean =>
  (updatedAfter === undefined || source.updatedAt !== undefined) &&
  Object.keys(filters).every((name) => filters[name] === undefined || source.filters[name] !== undefined);

/** The row's language as SQL text. */
export const languageOf = ({ language }: Source): SQL =>
  typeof language === "string" ? sql`${language}::text` : sql`${language}`;

const isSame = ({ fr, en, simple }: ByLanguage<string>): boolean => fr === simple && en === simple;

/**
 * The value of the row's own language. A row without a known language counts as `simple`.
 *
 * @param cast what each value is cast to: a constant of the calling file
 */
export function ofOwnLanguage(language: SQL, values: ByLanguage<string>, cast: SQL): SQL {
  const value = (text: string | null) => sql`${text}::${cast}`;
  if (isSame(values)) return value(values.simple);
  return sql`case ${language} when 'fr' then ${value(values.fr)} when 'en' then ${value(values.en)} else ${value(values.simple)} end`;
}

/**
 * Rows that match. A row is matched with the query of its own language; before that, with the queries of all
 * languages at once, which is what a GIN index on (owner, vector) can answer.
 */
export function matchCondition(source: Source, match: Match): SQL {
  const { queries, identifiers, pathPart, excluded } = match;
  const { identifierVector, path } = source;
  const arms: SQL[] = [vectorCondition(source, queries)];
  if (identifierVector && identifiers !== null)
    arms.push(sql`${identifierVector} @@ ${identifiers}::tsquery`);
  if (path && pathPart !== null)
    arms.push(sql`${path} ilike ${`%${escapeLike(pathPart)}%`}::text escape '\\'`);
  const met = sql`(${sql.join(arms, sql` or `)})`;
  return excluded ? sql`${met} and not coalesce(${matchCondition(source, excluded)}, false)` : met;
}

function vectorCondition({ vector, language }: Source, queries: ByLanguage<string>): SQL {
  if (typeof language === "string") return sql`${vector} @@ ${queries[language]}::tsquery`;
  const own = ofOwnLanguage(sql`${language}`, queries, sql`tsquery`);
  if (isSame(queries)) return sql`${vector} @@ ${own}`;
  return sql`(${vector} @@ ${anyLanguage(queries)}::tsquery and ${vector} @@ ${own})`;
}

/** One tsquery for rows of every language; null where there is none in any. */
export function anyLanguage(queries: ByLanguage<string>): string | null {
  const distinct = new Set(textLanguages.flatMap((language) => queries[language] ?? []));
  return distinct.size === 0 ? null : [...distinct].map((query) => `(${query})`).join(" | ");
}
