import type { PgColumn } from "drizzle-orm/pg-core";
import type { CodeLine, Segment } from "./segments.ts";
import type { Columns, Source } from "./source.ts";

/** A found row. */
export interface SearchResult<Type extends string = string, Metadata = Readonly<Record<string, unknown>>> {
  /** Name of the source. */
  type: Type;
  id: string;
  title: string;
  /** The whole title. */
  titleSegments: readonly Segment[];
  /** About 200 characters of the body where most of the query's words are; of code, whole lines. */
  snippet: readonly Segment[];
  /** In sources of code alone: up to five lines with most of the query's words, in the order of the file. */
  lines?: readonly CodeLine[];
  /**
   * 0..1, higher is better, on one scale for all sources of a query; not comparable between queries.
   * From 2/3: the title has the query's words and no others; from 1/3: the row has all words.
   */
  score: number;
  updatedAt: Date | undefined;
  /** Words and phrases of the query that the row does not have. */
  missingWords: readonly string[];
  /** The source's metadata columns; in code also `line`, on which the snippet starts, from 1. */
  metadata: Metadata;
}

/** A column's value after its way through JSON: dates are ISO texts, 64-bit and decimal numbers are texts. */
export type JsonOf<Column extends PgColumn> =
  | (Column["_"]["dataType"] extends "string" | "bigint" | "date"
      ? Column["_"]["dataType"] extends "string"
        ? Column["_"]["data"]
        : string
      : Column["_"]["dataType"] extends "number" | "boolean" | "json"
        ? Column["_"]["data"]
        : unknown)
  | (Column["_"]["notNull"] extends true ? never : null);

export type MetadataOf<Metadata extends Columns> = { readonly [K in keyof Metadata]: JsonOf<Metadata[K]> } & {
  readonly line?: number;
};

/** The results of some sources: a union, told apart by `type`. */
export type ResultOf<S extends Source> =
  S extends Source<infer Name, infer Metadata, Columns> ? SearchResult<Name, MetadataOf<Metadata>> : never;

type FilterNames<S extends Source> =
  S extends Source<string, Columns, infer Filters> ? keyof Filters & string : never;
type FilterValue<S extends Source, Name extends string> =
  S extends Source<string, Columns, infer Filters>
    ? Name extends keyof Filters
      ? Filters[Name]["_"]["data"] | (Filters[Name]["_"]["notNull"] extends true ? never : null)
      : never
    : never;

/** The filters of some sources, typed by their columns. */
export type FiltersOf<S extends Source> = {
  readonly [Name in FilterNames<S>]?: FilterValue<S, Name> | readonly NonNullable<FilterValue<S, Name>>[];
};
