/** How much texts repeat those that were chosen so far. */
export interface Repetition {
  /** 0 to 1: the largest share of words that the text at `index` has in common with a chosen one. */
  of(index: number): number;
  /** The text at `index` counts as chosen from now on. */
  choose(index: number): void;
}

/** Of longer texts the beginning is compared, so that the work has a bound. */
const comparedCharacters = 2000;
/**
 * A run of letters, marks and digits; a single character of scripts that put no blanks between words. Latin letters
 * are named apart because the wide classes alone take twice the time.
 */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u.source;
const word = new RegExp(`(?:[a-z0-9ß-öø-ɏ]+|(?!${unspaced})[\\p{L}\\p{M}\\p{N}])+|${unspaced}`, "gu");

/** The texts that hold a word, ascending. */
type Holders = number[];

/**
 * Compares texts by their words: two texts have in common the words of both, as a share of the words of either
 * (Jaccard). Case does not count, nor how often a word occurs.
 *
 * A choice costs one step per word of the chosen text and text that holds it; texts are not compared in pairs.
 */
export function repetitionAmong(texts: readonly string[]): Repetition {
  const words = wordsByText(texts);
  const closest = new Float64Array(texts.length);
  return {
    of: (index) => closest[index] ?? 0,
    choose(index) {
      const chosen = words[index] ?? [];
      const shared = new Uint32Array(texts.length);
      for (const holders of chosen) for (const holder of holders) shared[holder] = (shared[holder] ?? 0) + 1;
      for (const [other, count] of shared.entries()) {
        if (count === 0) continue;
        const either = chosen.length + (words[other]?.length ?? 0) - count;
        closest[other] = Math.max(closest[other] ?? 0, count / either);
      }
    },
  };
}

/** Of each text its words, each once, as the list of the texts that hold it: the list is the same for all of them. */
function wordsByText(texts: readonly string[]): Holders[][] {
  const holdersOf = new Map<string, Holders>();
  return texts.map((text, index) => {
    const words: Holders[] = [];
    const folded = text.slice(0, comparedCharacters).normalize("NFC").toLowerCase();
    for (const one of folded.match(word) ?? []) {
      const holders = holdersOf.get(one) ?? [];
      if (holders.length === 0) holdersOf.set(one, holders);
      if (holders.at(-1) === index) continue;
      holders.push(index);
      words.push(holders);
    }
    return words;
  });
}
