import type { Frequencies } from "./queries/frequencies.ts";
import type { WeightedTerm } from "./queries/term-rows.ts";
import type { Term } from "./terms.ts";

/**
 * Terms weighted by inverse document frequency, ln(1 + (N - n + .5) / (n + .5)), divided by their sum; so that a rare
 * word decides and a frequent one settles ties.
 * @see Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.1; plus 1 as in Lucene
 */
export function weightTerms(
  terms: readonly Term[],
  { rows, terms: frequencies }: Frequencies,
): WeightedTerm[] {
  const weights = frequencies.map((matches) => Math.log(1 + (rows - matches + 0.5) / (matches + 0.5)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return terms.map((term, index) => ({ ...term, weight: (weights[index] ?? 0) / sum }));
}

/** Rows that match, where they are too many to be counted: as if the words were spread by chance. */
export function estimatedTotal({ rows, terms }: Frequencies, words: "all" | "any"): number {
  if (rows === 0) return 0;
  const shares = terms.map((matches) => matches / rows);
  const share =
    words === "all"
      ? shares.reduce((product, one) => product * one, 1)
      : 1 - shares.reduce((product, one) => product * (1 - one), 1);
  return Math.round(rows * share);
}

/**
 * The words whose rows get ranked when any word will do: all of them while so many rows can be ranked; otherwise the
 * rarest, as many as stay within `limit` rows, at least one. The frequent words still count in the ranking.
 */
export function candidateTerms(
  terms: readonly Term[],
  { rows, terms: frequencies }: Frequencies,
  limit: number,
): Term[] {
  const rarestFirst = terms
    .map((term, index) => ({ term, count: frequencies[index] ?? 0 }))
    .filter(({ term, count }) => !term.phrase && count > 0)
    .sort((a, b) => a.count - b.count);
  let sum = 0;
  return rarestFirst
    .filter(({ count }, index) => {
      sum += count;
      return index === 0 || sum <= limit || rows <= limit;
    })
    .map(({ term }) => term);
}
