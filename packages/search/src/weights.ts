import { type Counts, maxCountedMatches, maxCountedRows } from "./queries/counts.ts";
import type { WeightedTerm } from "./queries/term-rows.ts";
import type { Term } from "./terms.ts";

/** Rows that a scope is taken to have when they are too many to be counted. */
const manyRows = 4 * maxCountedRows;

const rowsOf = ({ rows, any, terms, statistics }: Counts): number =>
  Math.max(statistics?.rows ?? 0, rows < maxCountedRows ? rows : manyRows, any, ...terms);

/** The rows with each word; of more than were counted, what statistics tell, else halfway between that and all. */
function matchesOf({ terms, statistics }: Counts, rows: number): number[] {
  return terms.map((count, index) => {
    if (count < maxCountedMatches) return count;
    const share = statistics?.shares[index];
    return share === undefined
      ? Math.min(rows, (maxCountedMatches + rows) / 2)
      : Math.max(count, share * rows);
  });
}

/**
 * Terms weighted by inverse document frequency, ln(1 + (N - n + .5) / (n + .5)), divided by their sum; so that a rare
 * word decides and a frequent one settles ties.
 * @see Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.1; plus 1 as in Lucene
 */
export function weightTerms(terms: readonly Term[], counts: Counts): WeightedTerm[] {
  const total = rowsOf(counts);
  const weights = matchesOf(counts, total).map((matches) =>
    Math.log(1 + (total - matches + 0.5) / (matches + 0.5)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return terms.map((term, index) => ({ ...term, weight: (weights[index] ?? 0) / sum }));
}

/** Rows that match, where they are too many to be counted: as if the words were spread by chance. */
export function estimatedTotal(counts: Counts, words: "all" | "any"): number {
  const total = rowsOf(counts);
  const shares = matchesOf(counts, total).map((matches) => matches / total);
  const share =
    words === "all"
      ? shares.reduce((product, one) => product * one, 1)
      : 1 - shares.reduce((product, one) => product * (1 - one), 1);
  return Math.max(counts[words], Math.round(total * share));
}

/**
 * The words whose rows get ranked when any word will do: all of them while all matching rows can be ranked; otherwise
 * the rarest, as many as stay within `limit` rows, at least one. The frequent words still count in the ranking.
 */
export function candidateTerms(
  terms: readonly Term[],
  { moreThanAny, terms: counts }: Counts,
  limit: number,
): Term[] {
  const rarestFirst = terms
    .map((term, index) => ({ term, count: counts[index] ?? 0 }))
    .filter(({ term, count }) => !term.phrase && count > 0)
    .sort((a, b) => a.count - b.count);
  let sum = 0;
  return rarestFirst
    .filter(({ count }, index) => {
      sum += count;
      return index === 0 || sum <= limit || !moreThanAny;
    })
    .map(({ term }) => term);
}
