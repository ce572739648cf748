import type { Cursor, CursorPlace } from "./cursor.ts";
import type { InstallationLookup } from "./installed.ts";
import type { ParsedQuery } from "./parse-query.ts";
import type { PageRow, PageUse } from "./queries/page.ts";
import type { RankedRow, RankedSource } from "./queries/ranking.ts";
import type { Scope } from "./queries/scope.ts";
import type { WeightedTerm } from "./queries/term-rows.ts";
import type { Source } from "./source.ts";
import type { Terms } from "./terms.ts";

/** Why a query found nothing, where the query itself is the reason. */
export type Explanation = "empty_query" | "only_exclusions" | "only_filters" | "only_stop_words";

/** What an answer may be made to prefer. */
export interface RankingPreferences {
  /**
   * How much each source counts, above 0, in relation to the greatest; 1 where none is given. Rows with all words stay
   * before rows with some.
   */
  readonly boosts?: Readonly<Record<string, number>> | undefined;
  /** Newer rows first among about equally good ones; needs the source's `updatedAt`. Default: age does not count. */
  readonly recency?: Recency | undefined;
  /** 0..1: share of the words' nearness to each other in the relevance. Default 0: on prose it made answers worse. */
  readonly proximity?: number | undefined;
}

export interface Recency {
  /** Days after which the part that age can take away is half gone. */
  readonly halfLifeDays: number;
  /** 0..1: the part of the relevance that age can take away. Default 0.3. */
  readonly weight?: number | undefined;
}

export interface RankOptions {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly parsed: ParsedQuery;
  /** `all-first`: rows with every word, and with any word only where those are few. */
  readonly words: "all-first" | "any";
  readonly preferences: RankingPreferences;
  readonly facets: boolean;
  readonly limit: number;
  readonly offset: number;
  /** The end of the page before. */
  readonly cursor: Cursor | undefined;
  readonly installed: InstallationLookup;
  /** Whether the search runs on its own database, not on one that the call brought. */
  readonly isOwn: boolean;
  readonly signal: AbortSignal | undefined;
  /** What the ranked rows are read for; undefined: they are not read. */
  readonly read: PageUse | undefined;
}

export interface Ranking {
  readonly rows: readonly RankedRow[];
  readonly sources: readonly RankedSource[];
  readonly terms: Terms;
  readonly weighted: readonly WeightedTerm[];
  /** Rows that match, whether ranked or not; estimated where not all were. */
  readonly total: number;
  readonly relaxed: boolean;
  /** False when more rows matched than were ranked. */
  readonly complete: boolean;
  readonly explanation: Explanation | undefined;
  /** Ordinals of terms that no row has. */
  readonly unknown: readonly number[];
  /** What the next page must be ranked by; undefined when nothing was found. */
  readonly place: CursorPlace | undefined;
  /** The rows as they were read, in any order; of rows out of scope none. */
  readonly page: readonly PageRow[];
}
