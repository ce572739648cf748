/** Made-up words by rank, the most frequent first, and a draw from them as language draws. */
export interface Vocabulary {
  readonly words: readonly string[];
  /** The rank of a word, from 0. */
  draw(random: () => number): number;
}

const size = 30_000;
const onsets = [
  "b",
  "br",
  "c",
  "d",
  "f",
  "g",
  "gr",
  "k",
  "l",
  "m",
  "n",
  "p",
  "pr",
  "r",
  "s",
  "st",
  "t",
  "tr",
  "v",
  "z",
];
const vowels = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "é"];
/** Endings that neither stemmer takes off, so that a word's rows are those that have it. */
const endings = ["b", "k", "m", "p", "d", "g"];

/**
 * The word of rank r occurs with a probability in proportion to 1 / (r + 10): Zipf's law with Mandelbrot's shift, so
 * that the first words are as frequent as a language's frequent nouns, not as its articles.
 */
export function createVocabulary(random: () => number): Vocabulary {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  const words = new Set<string>();
  while (words.size < size) {
    const syllables = words.size < 2_000 ? 2 : 3;
    const parts = Array.from({ length: syllables }, () => pick(onsets) + pick(vowels));
    words.add(parts.join("") + pick(endings));
  }
  // Their distribution function inverted: ∫ 1 / (x + 10) is a logarithm.
  const shift = 10;
  const span = Math.log((size + shift) / shift);
  return {
    words: [...words],
    draw: (random) => Math.min(size - 1, Math.floor(shift * Math.exp(random() * span) - shift)),
  };
}
