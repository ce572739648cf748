import { editDistance } from "./edit-distance.ts";
import type { Candidate } from "./queries/corrections.ts";

/** How much a word counts for being frequent: a tenfold frequency makes up for a fifth of a letter. */
const frequencyWeight = 0.08;

/**
 * The word that was most likely meant; undefined where the typed word is one, or none is near.
 *
 * A word that differs in accents alone wins. Otherwise the greatest of
 * similarity of trigrams - distance + .08 ln(documents), with the distance of {@link editDistance}.
 */
export function bestCorrection(typed: string, candidates: readonly Candidate[]): Candidate | undefined {
  if (candidates.some(({ word }) => word === typed)) return undefined;
  const folded = foldAccents(typed);
  const [accented] = candidates
    .filter(({ word }) => foldAccents(word) === folded)
    .sort((a, b) => b.documents - a.documents);
  if (accented) return accented;
  // One slip in a short word, four in a long one.
  const limit = Math.min(4, 1 + folded.length / 4);
  const typedTrigrams = trigrams(folded);
  let best: Candidate | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const word = foldAccents(candidate.word);
    const distance = editDistance(folded, word, limit);
    if (distance > limit) continue;
    const score =
      similarity(typedTrigrams, trigrams(word)) - distance + frequencyWeight * Math.log(candidate.documents);
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

const foldAccents = (word: string): string =>
  word.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("œ", "oe").replaceAll("æ", "ae");

function trigrams(word: string): ReadonlySet<string> {
  const padded = `  ${word} `;
  return new Set(Array.from({ length: word.length + 1 }, (_, start) => padded.slice(start, start + 3)));
}

/** As `pg_trgm`: common trigrams among all. */
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const trigram of a) if (b.has(trigram)) common += 1;
  return common / (a.size + b.size - common);
}
