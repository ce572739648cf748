import { and, isNull, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn } from "drizzle-orm/pg-core";
import type { Source, TextLanguage } from "../source.ts";
import { type ByLanguage, type Match, textLanguages } from "../terms.ts";
import { escapeLike } from "../text.ts";
import { asText, castTypeOf, compared, comparedTypeOf } from "./column-type.ts";
import { boundInput, type Input, type SearchRequest, whenGiven } from "./input.ts";

/** The rows that a call may find at all. */
export interface Scope {
  /** Undefined: rows of all owners. */
  readonly ownerId: string | undefined;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly updatedAfter: Date | undefined;
}

/** What a row is matched by: a source's columns, or expressions that stand for them. */
export interface MatchedFields {
  readonly vector: PgColumn | SQL;
  readonly language: PgColumn | SQL | TextLanguage;
  readonly identifierVector: PgColumn | SQL | undefined;
  readonly path: PgColumn | SQL | undefined;
}

/** The source's table, for `from`. */
export function tableOf({ table }: Source, { kernelSchema }: Input): SQL {
  const { name, schema = kernelSchema } = getTableConfig(table);
  return schema === undefined ? sql`${table}` : sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
}

/** The owner whom a kernel reads from `app.user_id`. */
export const kernelOwner = "devora_owner";

/** A scope's values for one source. */
export function scopeRequest(source: Source, { ownerId, filters, updatedAfter }: Scope): SearchRequest {
  const request: Record<string, string | null> = {
    owner: ownerId ?? null,
    updatedAfter: updatedAfter?.toISOString() ?? null,
  };
  for (const [name, value] of Object.entries(filters)) {
    const column = source.filters[name];
    if (column === undefined || value === undefined) continue;
    const values = Array.isArray(value) ? value : [value];
    request[`filter.${name}`] = JSON.stringify(values.map((one) => asText(column, one)));
  }
  return request;
}

/** Live rows of the owner that pass the filters. The owner's predicate is there whether or not policies are. */
export const scopeCondition = (source: Source, scope: Scope): SQL =>
  conditionOf(source, boundInput(scopeRequest(source, scope)));

/** The same of a request, whose filters a kernel learns at each call. */
export function conditionOf(source: Source, input: Input): SQL {
  const { owner, deletedAt, where, updatedAt, filters } = source;
  const conditions = [
    owner && ownerCondition(source, input),
    deletedAt && isNull(deletedAt),
    where && sql`(${where})`,
    updatedAt &&
      whenGiven(input, "updatedAfter", sql`${updatedAt} >= ${input.value("updatedAfter", "timestamptz")}`),
    ...Object.keys(filters).map((name) =>
      whenGiven(input, `filter.${name}`, filterCondition(source, name, input)),
    ),
  ];
  return and(...conditions) ?? sql`true`;
}

function ownerCondition({ owner }: Source, input: Input): SQL | undefined {
  if (!owner || !input.has("owner")) return undefined;
  const id = input.kernelSchema ? sql.raw(kernelOwner) : input.value("owner", castTypeOf(owner));
  return sql`${owner} = ${id}`;
}

/** Equal to one of a list; null equals null. */
function filterCondition({ filters }: Source, name: string, input: Input): SQL {
  const column = filters[name];
  if (!column) return sql`true`;
  const list = sql`${input.value(`filter.${name}`, "jsonb")}`;
  return sql`(${compared(column)} = any(array(select jsonb_array_elements_text(${list}))::${sql.raw(comparedTypeOf(column))}[])
    or (${column} is null and ${list} @> '[null]'::jsonb))`;
}

/** Whether a source has a column for each filter that the call names. */
export const canFilter = (source: Source, { filters, updatedAfter }: Scope): boolean =>
  (updatedAfter === undefined || source.updatedAt !== undefined) &&
  Object.keys(filters).every((name) => filters[name] === undefined || source.filters[name] !== undefined);

/** The row's language as SQL text. */
export const languageOf = ({ language }: Pick<MatchedFields, "language">): SQL =>
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

/** A match's values, their names beginning with `name`. */
export function matchRequest(name: string, match: Match | null): SearchRequest {
  if (match === null) return {};
  const { queries, identifiers, pathPart } = match;
  return {
    [`${name}.fr`]: queries.fr,
    [`${name}.en`]: queries.en,
    [`${name}.simple`]: queries.simple,
    [`${name}.every`]: anyLanguage(queries),
    [`${name}.identifiers`]: identifiers,
    [`${name}.path`]: pathPart === null ? null : `%${escapeLike(pathPart)}%`,
  };
}

/**
 * Rows that match. A row is matched with the query of its own language; before that, with the queries of all
 * languages at once, which is what a GIN index on (owner, vector) can answer.
 */
export function matchCondition(source: MatchedFields, name: string, input: Input): SQL {
  const { identifierVector, path } = source;
  const arms = [
    vectorCondition(source, name, input),
    identifierVector &&
      input.has(`${name}.identifiers`) &&
      sql`${identifierVector} @@ ${input.value(`${name}.identifiers`, "tsquery")}`,
    path && input.has(`${name}.path`) && sql`${path} ilike ${input.value(`${name}.path`)} escape '\\'`,
  ];
  return sql`(${sql.join(
    arms.filter((arm) => arm !== undefined && arm !== false),
    sql` or `,
  )})`;
}

/** Rows that match `name` and not the request's exclusions. */
export function foundCondition(source: Source, name: string, input: Input): SQL {
  const met = matchCondition(source, name, input);
  const excludes = textLanguages.some((language) => input.has(`excluded.${language}`));
  return excludes ? sql`${met} and not coalesce(${matchCondition(source, "excluded", input)}, false)` : met;
}

function vectorCondition({ vector, language }: MatchedFields, name: string, input: Input): SQL {
  const query = (language: string) => sql`${input.value(`${name}.${language}`, "tsquery")}`;
  if (typeof language === "string") return sql`${vector} @@ ${query(language)}`;
  return sql`(${vector} @@ ${query("every")} and ${vector} @@ ${caseOfLanguage(sql`${language}`, query)})`;
}

/** The query of a row's own language. */
export const caseOfLanguage = (language: SQL, value: (language: string) => SQL): SQL =>
  sql`case ${language} when 'fr' then ${value("fr")} when 'en' then ${value("en")} else ${value("simple")} end`;

/** One tsquery for rows of every language; null where there is none in any. */
export function anyLanguage(queries: ByLanguage<string>): string | null {
  const distinct = new Set(textLanguages.flatMap((language) => queries[language] ?? []));
  return distinct.size === 0 ? null : [...distinct].map((query) => `(${query})`).join(" | ");
}
