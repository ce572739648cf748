import { and, isNull, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "../source.ts";
import { type ByLanguage, languagesOf, type Match, ofSource } from "../terms.ts";
import { escapeLike } from "../text.ts";
import { asText, castTypeOf, compared, comparedTypeOf } from "./column-type.ts";
import { type FieldFilter, fieldConditions, fieldRequest, hasField } from "./field-condition.ts";
import { boundInput, type Input, type SearchRequest, whenGiven } from "./input.ts";

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

/** What a row is matched by: a source's columns, or expressions that stand for them. */
export interface MatchedFields {
  readonly vector: PgColumn | SQL;
  readonly language: PgColumn | SQL | string;
  readonly languages: Source["languages"];
  readonly identifierVector: PgColumn | SQL | undefined;
  readonly path: PgColumn | SQL | undefined;
  readonly body: PgColumn | SQL | undefined;
}

/** The source's table, for `from`. */
export function tableOf({ table }: Source, { kernel }: Input): SQL {
  const { name, schema = kernel?.schema } = getTableConfig(table);
  return schema === undefined ? sql`${table}` : sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
}

/** A scope's values for one source. */
export function scopeRequest(source: Source, scope: Scope): SearchRequest {
  const { ownerId, filters, updatedAfter, updatedBefore, fields = [] } = scope;
  const request: Record<string, string | null | undefined> = {
    ...fieldRequest(source, fields),
    owner: ownerId ?? null,
    updatedAfter: updatedAfter?.toISOString() ?? null,
    updatedBefore: updatedBefore?.toISOString() ?? null,
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
    updatedAt &&
      whenGiven(input, "updatedBefore", sql`${updatedAt} < ${input.value("updatedBefore", "timestamptz")}`),
    ...fieldConditions(source, input),
    ...Object.keys(filters).map((name) =>
      whenGiven(input, `filter.${name}`, filterCondition(source, name, input)),
    ),
  ];
  return and(...conditions) ?? sql`true`;
}

function ownerCondition({ owner }: Source, input: Input): SQL | undefined {
  if (!owner || !input.has("owner")) return undefined;
  if (input.kernel?.owner) return sql`${owner} = ${input.kernel.owner}`;
  return whenGiven(input, "owner", sql`${owner} = ${input.value("owner", castTypeOf(owner))}`);
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
export const canFilter = (
  source: Source,
  { filters, updatedAfter, updatedBefore, fields = [] }: Scope,
): boolean =>
  ((updatedAfter === undefined && updatedBefore === undefined) || source.updatedAt !== undefined) &&
  fields.every((field) => hasField(source, field)) &&
  Object.keys(filters).every((name) => filters[name] === undefined || source.filters[name] !== undefined);

/** The row's language as SQL text. */
export const languageOf = ({ language }: Pick<MatchedFields, "language">): SQL =>
  typeof language === "string" ? sql`${language}::text` : sql`${language}`;

const isSame = (values: Readonly<Record<string, string | null>>): boolean =>
  new Set(Object.values(values)).size === 1;

/** A match's values for one source, their names beginning with `name`. */
export function matchRequest(source: Source, name: string, match: Match | null): SearchRequest {
  if (match === null) return {};
  const { identifiers, pathPart, contentPart } = match;
  const queries = ofSource(match.queries, source);
  const contains = (part: string | null | undefined) => (part == null ? null : `%${escapeLike(part)}%`);
  return {
    ...valuesRequest(source, name, match.queries),
    [`${name}.every`]: anyLanguage(queries),
    [`${name}.alike`]: isSame(queries) ? "true" : null,
    [`${name}.identifiers`]: identifiers,
    [`${name}.path`]: contains(pathPart),
    [`${name}.content`]: contains(contentPart),
  };
}

/** One value for each language of a source. */
export const valuesRequest = (source: Source, name: string, values: ByLanguage<string>): SearchRequest =>
  Object.fromEntries(
    Object.entries(ofSource(values, source)).map(([language, value]) => [`${name}.${language}`, value]),
  );

/**
 * Rows that match. A row is matched with the query of its own language; before that, with the queries of all
 * languages at once, which is what a GIN index on (owner, vector) can answer.
 */
export function matchCondition(source: MatchedFields, name: string, input: Input): SQL {
  const { identifierVector, path, body } = source;
  const has = (value: string) => input.has(`${name}.${value}`);
  const arms = [vectorCondition(source, name, input)];
  if (identifierVector && has("identifiers")) {
    arms.push(sql`${identifierVector} @@ ${input.value(`${name}.identifiers`, "tsquery")}`);
  }
  if (path && has("path")) arms.push(sql`${path} ilike ${input.value(`${name}.path`)} escape '\\'`);
  // Beside a condition that no index serves, PostgreSQL uses none for the others: kernels do without.
  if (identifierVector && body && input.kernel === undefined && has("content")) {
    arms.push(sql`${body} ilike ${input.value(`${name}.content`)} escape '\\'`);
  }
  return sql`(${sql.join(arms, sql` or `)})`;
}

/** Rows that match `name` and not the request's exclusions. */
export function foundCondition(source: MatchedFields, name: string, input: Input): SQL {
  const met = matchCondition(source, name, input);
  const parts = [...languagesOf(source), ...(source.identifierVector ? ["identifiers"] : [])];
  if (!parts.some((part) => input.has(`excluded.${part}`))) return met;
  const none = parts.map((part) => sql`${input.value(`excluded.${part}`)} is null`);
  const left = sql`not coalesce(${matchCondition(source, "excluded", input)}, false)`;
  return sql`${met} and ((${sql.join(none, sql` and `)}) or ${left})`;
}

function vectorCondition(source: MatchedFields, name: string, input: Input): SQL {
  const { vector, language } = source;
  const query = (language: string) => input.value(`${name}.${language}`, "tsquery");
  if (typeof language === "string") return sql`${vector} @@ ${query(language)}`;
  // Of a bare `@@` with a row's own query PostgreSQL expects one row in 200 to pass: as if matches were rare, it then
  // reads all of them where the last few are asked for.
  const own = sql`case when ${vector} @@ ${caseOfLanguage(source, sql`${language}`, query)} then true else false end`;
  // Alike in all languages, the index alone decides: a kernel that is planned at each call need not read the vectors.
  const isAlike = input.has(`${name}.alike`);
  if (isAlike && input.kernel === undefined) return sql`${vector} @@ ${query("every")}`;
  const byOwn = isAlike ? sql`(${input.value(`${name}.alike`)} is not null or ${own})` : own;
  return sql`(${vector} @@ ${query("every")} and ${byOwn})`;
}

/** The value of a row's own language, among those of its source. */
export function caseOfLanguage(
  source: Pick<MatchedFields, "languages">,
  language: SQL,
  value: (language: string) => SQL,
): SQL {
  const cases = languagesOf(source)
    .filter((name) => name !== "simple")
    .map((name) => sql`when ${name}::text then ${value(name)}`);
  return sql`case ${language} ${sql.join(cases, sql` `)} else ${value("simple")} end`;
}

/** One tsquery for rows of every language; null where there is none in any. */
export function anyLanguage(queries: Readonly<Record<string, string | null>>): string | null {
  const distinct = new Set(Object.values(queries).flatMap((query) => query ?? []));
  return distinct.size === 0 ? null : [...distinct].map((query) => `(${query})`).join(" | ");
}
