import type { Database } from "@devora/db-schema";
import { SearchError } from "./errors.ts";
import type { RankingPreferences } from "./rank-options.ts";
import type { Source } from "./source.ts";

/** Where and for whom a call runs. */
export interface CallOptions {
  /** Whose rows. Each source with an owner needs it, or `allOwners`. */
  ownerId?: string | undefined;
  /** Rows of all owners: for administrators and workers, never for a user's request. Default false. */
  allOwners?: boolean | undefined;
  /** Your own transaction: used as it is, with the scope that it has. */
  db?: Database | undefined;
  /** Stops between statements; one that runs already goes on. */
  signal?: AbortSignal | undefined;
}

export interface ScopeRoles {
  /** Role of calls with an owner; `null` keeps the login's own. Default `devora_app`. */
  role?: string | null | undefined;
  /** Role of calls over all owners, and of the query log; `null` keeps the login's own. Default `devora_service`. */
  serviceRole?: string | null | undefined;
}

export function assertSources(sources: readonly Source[]): void {
  const names = sources.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (sources.length === 0 || repeated !== undefined) {
    throw new SearchError(
      "INVALID_OPTION",
      repeated === undefined
        ? "createSearch: sources is empty. Pass at least one source made by defineSource, or leave it out for Devora's tables."
        : `createSearch: two sources are named ${repeated}. Give each a name of its own.`,
    );
  }
}

/** The sources of that name, or all. */
export function chooseSources<S extends Source>(
  verb: string,
  sources: readonly S[],
  names: readonly string[] | undefined,
): S[] {
  if (names === undefined) return [...sources];
  const known = sources.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (names.length === 0 || unknown !== undefined) {
    throw new SearchError(
      "UNKNOWN_SOURCE",
      `${verb}: ${unknown === undefined ? "sources is an empty list" : `no source is named ${JSON.stringify(unknown)}`}; known are ${known.join(", ")}. Pass some of these, or leave sources out for all.`,
    );
  }
  return sources.filter(({ name }) => names.includes(name));
}

/** Refuses a call that could read rows of somebody without saying whose. */
export function assertOwner(
  verb: string,
  sources: readonly Source[],
  { ownerId, allOwners }: CallOptions,
): void {
  if (ownerId !== undefined) {
    if (typeof ownerId !== "string" || ownerId === "" || ownerId.includes("\0") || allOwners) {
      throw new SearchError(
        "INVALID_OPTION",
        allOwners
          ? `${verb}: ownerId and allOwners exclude each other. Pass one of them.`
          : `${verb}: ownerId must be a non-empty string without U+0000; received ${ownerId === "" ? "an empty string" : typeof ownerId}. Pass the id of the signed-in user as text.`,
      );
    }
    return;
  }
  const owned = sources.find(({ owner }) => owner !== undefined);
  if (owned && !allOwners) {
    throw new SearchError(
      "OWNER_REQUIRED",
      `${verb}: rows of ${owned.name} belong to owners; received neither ownerId nor allOwners. Pass ownerId, or allOwners: true for rows of all.`,
    );
  }
}

export function assertText(verb: string, option: string, value: unknown): void {
  if (typeof value !== "string") {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: ${option} must be a string; received ${typeof value}. Pass what the person typed, empty or not.`,
    );
  }
}

/** A whole number within its bounds, or the default. */
export function wholeNumber(
  verb: string,
  option: string,
  value: number | undefined,
  { initial, min, max }: { initial: number; min: number; max: number },
): number {
  const chosen = value ?? initial;
  if (!Number.isInteger(chosen) || chosen < min || chosen > max) {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: ${option} must be a whole number from ${min} to ${max}; received ${typeof chosen === "number" ? chosen : typeof chosen}. Default ${initial}.`,
    );
  }
  return chosen;
}

export function assertDate(verb: string, option: string, value: Date | undefined): void {
  if (value !== undefined && !(value instanceof Date && Number.isFinite(value.getTime()))) {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: ${option} must be a valid Date; received ${typeof value}.`,
    );
  }
}

export function requiredDate(verb: string, option: string, value: Date): Date {
  assertDate(verb, option, value ?? null);
  return value;
}

/** Refuses a filter that none of the sources declares. */
export function assertFilters(
  verb: string,
  sources: readonly Source[],
  filters: Readonly<Record<string, unknown>>,
): void {
  const known = [...new Set(sources.flatMap((source) => Object.keys(source.filters)))];
  const unknown = Object.keys(filters).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: no source that is searched has a filter ${JSON.stringify(unknown)}; known are ${known.join(", ") || "none"}. Declare it in defineSource({ filters }).`,
    );
  }
}

/** Results are paged within the rows that get ranked, of several sources. */
export const maxOffset = 2_000;

/** Refuses preferences that would make no ranking. */
export function assertPreferences(
  verb: string,
  sources: readonly Source[],
  { boosts = {}, recency, proximity }: RankingPreferences,
): void {
  const names = sources.map(({ name }) => name);
  for (const [name, boost] of Object.entries(boosts)) {
    if (!names.includes(name)) {
      throw new SearchError(
        "UNKNOWN_SOURCE",
        `${verb}: boosts names no source that is searched; known are ${names.join(", ")}.`,
      );
    }
    assertNumber(verb, `boosts.${name}`, boost, { above: 0, max: 1_000 });
  }
  if (recency !== undefined) {
    assertNumber(verb, "recency.halfLifeDays", recency.halfLifeDays, { above: 0, max: 1_000_000 });
    assertNumber(verb, "recency.weight", recency.weight ?? 0, { min: 0, max: 1 });
  }
  assertNumber(verb, "proximity", proximity ?? 0, { min: 0, max: 1 });
}

export function assertNumber(
  verb: string,
  option: string,
  value: unknown,
  { above = Number.NEGATIVE_INFINITY, min = above, max }: { above?: number; min?: number; max: number },
): void {
  if (typeof value === "number" && value > above && value >= min && value <= max) return;
  const from = min === above ? `above ${above}` : `from ${min}`;
  throw new SearchError(
    "INVALID_OPTION",
    `${verb}: ${option} must be a number ${from}, at most ${max}; received ${typeof value === "number" ? value : typeof value}.`,
  );
}
