import type { Context } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { filterCondition } from "./queries/filter-condition.ts";
import type { RowConditions } from "./queries/scope.ts";
import type { Source } from "./sources/define-source.ts";
import type { AnyFilters } from "./sources/filters-of.ts";

/** Which rows of a scope a search may find. */
export interface FilterOptions<TFilters = AnyFilters> {
  /**
   * Filters that the sources declare: a column equal to a value, or to one of a list; null finds rows without one.
   * An array column must share an element. Sources that lack a filter are left out. Default: none.
   */
  filters?: TFilters | undefined;
  /** Only rows that changed then or later, by their source row; sources without `updatedAt` are left out. */
  updatedAfter?: Date | undefined;
}

/**
 * The sources that have all filters of a call, and what their rows must pass; no conditions where no filter is given.
 * @throws {EmbeddingsError} INVALID_INPUT for a filter that no source declares, or a value that its column cannot have
 */
export function filterSources(
  context: Context,
  sources: readonly Source[],
  { filters = {}, updatedAfter }: FilterOptions,
): { sources: readonly Source[]; conditions: RowConditions | undefined } {
  const names = Object.keys(filters).filter((name) => filters[name] !== undefined);
  for (const name of names) assertDeclared(context, name);
  assertDate(updatedAfter);
  if (names.length === 0 && updatedAfter === undefined) return { sources, conditions: undefined };
  const able = sources.filter(
    (source) =>
      names.every((name) => Object.hasOwn(source.filters, name)) &&
      (updatedAfter === undefined || source.updatedAtColumn !== undefined),
  );
  const given = Object.fromEntries(names.map((name) => [name, filters[name]]));
  const conditions = able.map(
    (source) => [source.name, filterCondition(source, given, updatedAfter)] as const,
  );
  return { sources: able, conditions: new Map(conditions) };
}

function assertDeclared({ sources }: Context, name: string): void {
  const allowed = new Set([...sources.values()].flatMap((source) => Object.keys(source.filters)));
  if (allowed.has(name)) return;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `No source has a filter of this name; allowed are ${[...allowed].join(", ") || "none"}. Declare it in the filters of defineSource.`,
  );
}

function assertDate(value: unknown): void {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `updatedAfter must be a valid Date; received ${shapeOf(value)}.`,
  );
}
