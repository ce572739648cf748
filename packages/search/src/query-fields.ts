import { filterColumn, plainName } from "./filter-column.ts";
import { type FieldText, type ParsedQuery, parseQuery } from "./parse-query.ts";
import type { FieldFilter } from "./queries/field-condition.ts";
import type { Scope } from "./queries/scope.ts";
import type { Source } from "./source.ts";
import { languagesOf } from "./terms.ts";
import { typedValue } from "./typed-value.ts";

/** A condition that the query named, for the person who typed it. */
export interface QueryFilter {
  /** `type`, `lang`, `after`, `before`, or the source's filter, under the name that the source gives it. */
  readonly name: string;
  /** As understood: names of sources, dates in ISO form; what was not understood as it was typed. */
  readonly values: readonly string[];
  /** True for `-name:value`. */
  readonly excluded: boolean;
  /**
   * Why it does not do what it says: `not_a_date` and `unknown_value` are ignored; `impossible_value`, one that the
   * column cannot have, finds nothing. Undefined where it holds.
   */
  readonly problem: "not_a_date" | "unknown_value" | "impossible_value" | undefined;
  /** What would have been understood, where that is a list. */
  readonly allowed: readonly string[] | undefined;
}

/** A query and where it is to be looked for. */
export interface ReadQuery<S extends Source> {
  readonly parsed: ParsedQuery;
  readonly sources: readonly S[];
  readonly scope: Scope;
  readonly filters: readonly QueryFilter[];
}

/** What a field narrows, and what the answer says of it. */
interface Reading {
  readonly filter: QueryFilter;
  readonly isSource?: (source: Source) => boolean;
  readonly after?: Date;
  readonly before?: Date;
  readonly field?: FieldFilter;
}

/**
 * Reads the query's fields: conditions that hold beside those of the call, and never widen them. A name that is
 * neither `type`, `lang`, `after` or `before` nor a filter of these sources is text.
 */
export function readQuery<S extends Source>(
  query: string,
  sources: readonly S[],
  scope: Scope,
): ReadQuery<S> {
  const parsed = parseQuery(query, (name) => readerOf(sources, name) !== undefined);
  const readings = parsed.fields.flatMap((field) => readerOf(sources, field.name)?.(field, sources) ?? []);
  const dates = (kind: "after" | "before") => readings.flatMap((reading) => reading[kind]?.getTime() ?? []);
  const after = latest([scope.updatedAfter?.getTime() ?? -Infinity, ...dates("after")]);
  const before = -latest([-(scope.updatedBefore?.getTime() ?? Infinity), ...dates("before").map((t) => -t)]);
  return {
    parsed,
    sources: sources.filter((source) => readings.every(({ isSource }) => isSource?.(source) ?? true)),
    scope: {
      ...scope,
      updatedAfter: Number.isFinite(after) ? new Date(after) : undefined,
      updatedBefore: Number.isFinite(before) ? new Date(before) : undefined,
      fields: readings.flatMap(({ field }) => field ?? []),
    },
    filters: readings.map(({ filter }) => filter),
  };
}

const latest = (times: readonly number[]): number => Math.max(...times);

type Reader = (field: FieldText, sources: readonly Source[]) => Reading;

function readerOf(sources: readonly Source[], typed: string): Reader | undefined {
  const name = plainName(typed);
  if (Object.hasOwn(readers, name)) return readers[name];
  const declared = sources.find((source) => filterColumn(source, typed) !== undefined);
  return declared && readColumn;
}

const readers: Readonly<Record<string, Reader>> = {
  type: (field, sources) => {
    const named = sources.filter(({ name }) => field.values.some((value) => isNameOf(value, name)));
    const allowed = sources.map(({ name }) => name);
    if (named.length === 0) return ignored(field, "unknown_value", allowed);
    const names = named.map(({ name }) => name);
    return {
      filter: understood(field, names),
      isSource: ({ name }) => names.includes(name) !== field.excluded,
    };
  },
  lang: readLanguage,
  after: (field) => readDate(field, "after"),
  before: (field) => readDate(field, "before"),
};

/** A source's name, in singular or plural. */
const isNameOf = (typed: string, name: string): boolean => {
  const value = typed.toLowerCase();
  return [value, `${value}s`, value.replace(/y$/, "ies"), value.replace(/s$/, "")].includes(
    name.toLowerCase(),
  );
};

/** What people call languages, and how they are kept. */
const languageNames: Readonly<Record<string, string>> = {
  french: "fr",
  français: "fr",
  english: "en",
  anglais: "en",
  js: "javascript",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "shell",
  ts: "typescript",
};

function readLanguage(field: FieldText, sources: readonly Source[]): Reading {
  const text = new Set(sources.flatMap(languagesOf));
  const values = field.values
    .map((value) => value.toLowerCase())
    .map((value) => languageNames[value] ?? value);
  const code = values.filter((value) => !text.has(value));
  const hasCode = sources.some(({ codeLanguage }) => codeLanguage !== undefined);
  if (values.length === 0 || (code.length === values.length && !hasCode)) {
    return ignored(field, "unknown_value", [...text]);
  }
  return {
    filter: understood(field, values),
    field: {
      kind: "language",
      text: values.filter((value) => text.has(value)),
      code,
      excluded: field.excluded,
    },
  };
}

function readDate(field: FieldText, kind: "after" | "before"): Reading {
  const date = dateOf(field.values);
  if (!date) return ignored(field, "not_a_date");
  // What did not change after a day changed before it.
  const side = field.excluded === (kind === "before") ? "after" : "before";
  return { filter: understood(field, [date.toISOString().slice(0, 10)]), [side]: date };
}

/** The start of a year, a month or a day, in UTC. */
function dateOf([value = "", ...others]: readonly string[]): Date | undefined {
  const [, year, month = "01", day = "01"] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(value) ?? [];
  if (year === undefined || others.length > 0) return undefined;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const exists = Number.isFinite(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`);
  return exists && year !== "0000" ? date : undefined;
}

function readColumn(field: FieldText, sources: readonly Source[]): Reading {
  const columns = sources.flatMap((source) => filterColumn(source, field.name) ?? []);
  const names = sources.flatMap(({ filters }) => Object.keys(filters));
  const name = names.find((declared) => plainName(declared) === plainName(field.name)) ?? field.name;
  const possible = field.values.some((value) =>
    columns.some((column) => typedValue(column, value) !== undefined),
  );
  const allowed = [...new Set(columns.flatMap((column) => column.enumValues ?? []))];
  return {
    filter: {
      ...understood({ ...field, name }, field.values),
      problem: possible ? undefined : "impossible_value",
      allowed: possible || allowed.length === 0 ? undefined : allowed,
    },
    field: { kind: "column", name, values: field.values, excluded: field.excluded },
  };
}

const understood = ({ name, excluded }: FieldText, values: readonly string[]): QueryFilter => ({
  name,
  values,
  excluded,
  problem: undefined,
  allowed: undefined,
});

const ignored = (
  { name, values, excluded }: FieldText,
  problem: "not_a_date" | "unknown_value",
  allowed?: readonly string[],
): Reading => ({ filter: { name, values, excluded, problem, allowed } });
