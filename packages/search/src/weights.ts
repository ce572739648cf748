import { type Frequencies, maxCountedRows } from "./queries/frequencies.ts";
import type { WeightedTerm } from "./queries/term-rows.ts";
import type { Term } from "./terms.ts";

/**
 * Terms weighted by inverse document frequency, ln(1 + (N - n + .5) / (n + .5)), divided by their sum; so that a rare
 * word decides and a frequent one settles ties.
 * @see Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.1; plus 1 as in Lucene
 */
export function weightTerms(
  terms: readonly Term[],
  { rows, any, terms: counts }: Frequencies,
): WeightedTerm[] {
  // Of rows too many to be counted it is supposed that a quarter matches: the logarithm forgives it.
  const total = Math.max(rows, rows >= maxCountedRows ? 4 * any : any);
  const weights = counts.map((count) => Math.log(1 + (total - count + 0.5) / (count + 0.5)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return terms.map((term, index) => ({ ...term, weight: (weights[index] ?? 0) / sum }));
}

/**
 * The words whose rows get ranked when any word will do: all of them while at most `limit` rows match; otherwise the
 * rarest, as many as stay within `limit`, at least one. The frequent words still count in the ranking.
 */
export function candidateTerms(
  terms: readonly Term[],
  { any, terms: counts }: Frequencies,
  limit: number,
): Term[] {
  if (any <= limit) return [...terms];
  const rarestFirst = terms
    .map((term, index) => ({ term, count: counts[index] ?? 0 }))
    .filter(({ term, count }) => !term.phrase && count > 0)
    .sort((a, b) => a.count - b.count);
  let sum = 0;
  return rarestFirst
    .filter(({ count }, index) => {
      sum += count;
      return index === 0 || sum <= limit;
    })
    .map(({ term }) => term);
}
