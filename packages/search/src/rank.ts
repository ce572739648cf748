import { type Database, rowsOf } from "@devora/db-schema";
import type { ParsedQuery } from "./parse-query.ts";
import { decodeFrequencies, frequenciesQuery } from "./queries/frequencies.ts";
import { decodeLexemes, lexemesQuery } from "./queries/lexemes.ts";
import { decodeRanking, type RankedRow, rankingQuery } from "./queries/ranking.ts";
import type { Scope } from "./queries/scope.ts";
import type { WeightedTerm } from "./queries/term-rows.ts";
import type { Source } from "./source.ts";
import { composeTerms, type Terms, textsToStem, withinWords } from "./terms.ts";
import { candidateTerms, weightTerms } from "./weights.ts";

/** Why a query found nothing, where the query itself is the reason. */
export type Explanation = "empty_query" | "only_exclusions" | "only_filters" | "only_stop_words";

export interface RankOptions {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly parsed: ParsedQuery;
  /** `all-first`: rows with every word, and with any word only where those are few. */
  readonly words: "all-first" | "any";
  readonly limit: number;
  readonly offset: number;
  readonly signal: AbortSignal | undefined;
}

export interface Ranking {
  readonly rows: readonly RankedRow[];
  readonly terms: Terms;
  readonly weighted: readonly WeightedTerm[];
  /** Rows that match, whether ranked or not. */
  readonly total: number;
  readonly relaxed: boolean;
  /** False when more rows matched than were ranked. */
  readonly complete: boolean;
  readonly explanation: Explanation | undefined;
}

/** Fewer rows with every word than this, and rows with any word are answered after them. */
const fewRows = 5;
/** Most rows that one source ranks: beyond it the rarest words choose, then the ids. */
export const candidateLimit = 5_000;
/**
 * Most rows in scope whose bodies are read for letters within words: .23 s for 1,000 files of 3 kB. A trigram index on
 * the body would make writing a file 45 % dearer, and row level security keeps LIKE from using it.
 */
const maxScannedRows = 2_000;

/**
 * Three statements: the query's lexemes, their frequencies in the scope, and the ranked page. Where nothing matches, code
 * is counted once more by letters within words.
 */
export async function rank(db: Database, options: RankOptions): Promise<Ranking> {
  const { sources, scope, parsed, signal } = options;
  const texts = textsToStem(parsed);
  const nothing = (explanation: Explanation | undefined, terms: Terms): Ranking => ({
    rows: [],
    terms,
    weighted: [],
    total: 0,
    relaxed: false,
    complete: true,
    explanation,
  });
  if (parsed.clauses.length === 0) return nothing(explanationOf(parsed), composeTerms(parsed, []));
  signal?.throwIfAborted();
  let terms = composeTerms(
    parsed,
    decodeLexemes(await rowsOf(db, lexemesQuery(texts, sources)), texts.length),
  );
  const explanation = terms.onlyStopWords ? "only_stop_words" : undefined;
  if (terms.terms.length === 0 || sources.length === 0) return nothing(explanation, terms);

  signal?.throwIfAborted();
  let frequencies = await countRows(db, sources, terms, scope);
  const isScanned = frequencies.any === 0 && frequencies.rows <= maxScannedRows && hasCode(sources);
  const within = isScanned ? withinWords(terms) : null;
  if (within) {
    signal?.throwIfAborted();
    terms = within;
    frequencies = await countRows(db, sources, terms, scope);
  }
  if (frequencies.any === 0) return nothing(explanation, terms);

  const relaxed = frequencies.all < frequencies.any && (options.words === "any" || frequencies.all < fewRows);
  const weighted = weightTerms(terms.terms, frequencies);
  const candidates = relaxed
    ? terms.any(candidateTerms(terms.terms, frequencies, candidateLimit))
    : terms.all;
  const total = relaxed ? frequencies.any : frequencies.all;

  signal?.throwIfAborted();
  const { limit, offset } = options;
  const rows = decodeRanking(
    await rowsOf(
      db,
      rankingQuery({ sources, scope, terms, weighted, candidates, candidateLimit, limit, offset }),
    ),
  );
  return {
    rows,
    terms,
    weighted,
    total,
    relaxed,
    complete: total <= candidateLimit,
    explanation: undefined,
  };
}

const hasCode = (sources: readonly Source[]): boolean =>
  sources.some(({ identifierVector }) => identifierVector !== undefined);

const countRows = async (db: Database, sources: readonly Source[], terms: Terms, scope: Scope) =>
  decodeFrequencies(await rowsOf(db, frequenciesQuery(sources, terms, scope)), terms.terms.length);

function explanationOf({ excluded, fields }: ParsedQuery): Explanation {
  if (excluded.length > 0) return "only_exclusions";
  return fields.length > 0 ? "only_filters" : "empty_query";
}
