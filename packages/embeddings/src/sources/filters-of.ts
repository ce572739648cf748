import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "./define-source.ts";

/** Filters of sources that are not known to the compiler. */
export type AnyFilters = Readonly<Record<string, unknown>>;

/** A column's value; of an array column, one element. */
type ValueOf<Column extends PgColumn> = Column["_"]["dataType"] extends "array"
  ? Column["_"]["data"] extends readonly (infer Element)[]
    ? Element
    : never
  : Column["_"]["data"];

type FilterNames<S extends Source> = S extends Source<string, infer Filters> ? keyof Filters & string : never;

type FilterValue<S extends Source, Name extends string> =
  S extends Source<string, infer Filters>
    ? Name extends keyof Filters
      ? ValueOf<Filters[Name]> | (Filters[Name]["_"]["notNull"] extends true ? never : null)
      : never
    : never;

/** The filters of some sources, typed by their columns: equal to a value, or to one of a list; null is a value. */
export type FiltersOf<S extends Source> = {
  readonly [Name in FilterNames<S>]?: FilterValue<S, Name> | readonly FilterValue<S, Name>[] | undefined;
};
