/** What single edits cost; 1 is an arbitrary letter for another. */
const costs = {
  /** Two neighbours swapped: fingers out of step. */
  swap: 0.6,
  /** A letter doubled, or one of two missing: the ear does not tell. */
  double: 0.55,
  /** One vowel for another. */
  vowel: 0.6,
  /** A missing or superfluous vowel. */
  vowelGap: 0.8,
  /** Letters of like sound. */
  sound: 0.6,
  /** The first letter is seldom wrong. */
  first: 0.5,
} as const;

const vowels = new Set("aeiouy");
const sounds = ["ck", "cs", "sz", "kq", "gj", "vw", "fp", "dt", "mn", "xs", "iy", "lr", "bp"];
const alike = new Set(sounds.flatMap(([a, b]) => [`${a}${b}`, `${b}${a}`]));

/**
 * How far apart two words are when people write: Damerau-Levenshtein (neighbours swapped once, no edit in between)
 * with a cost for each kind of slip. Letters are UTF-16 code units; accents should be folded before.
 *
 * @returns 0 for equal words; above `limit` some greater number
 * @see Damerau, A technique for computer detection and correction of spelling errors, CACM 7(3), 1964
 */
export function editDistance(typed: string, word: string, limit = Number.POSITIVE_INFINITY): number {
  let [before, last] = [[] as number[], [] as number[]];
  for (let j = 0; j <= word.length; j += 1) last[j] = j === 0 ? 0 : at(last, j - 1) + gap(word, j - 1);
  for (let i = 1; i <= typed.length; i += 1) {
    const row = [at(last, 0) + gap(typed, i - 1)];
    for (let j = 1; j <= word.length; j += 1) {
      row[j] = Math.min(
        at(last, j - 1) + substitution(typed, i - 1, word, j - 1),
        at(last, j) + gap(typed, i - 1),
        at(row, j - 1) + gap(word, j - 1),
        isSwap(typed, i, word, j) ? at(before, j - 2) + costs.swap : Number.POSITIVE_INFINITY,
      );
    }
    if (Math.min(...row) > limit) return Number.POSITIVE_INFINITY;
    [before, last] = [last, row];
  }
  return at(last, word.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

const isSwap = (typed: string, i: number, word: string, j: number): boolean =>
  i > 1 && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1];

/** A letter that the other word lacks. */
function gap(text: string, index: number): number {
  const letter = text.charAt(index);
  if (index > 0 && text[index - 1] === letter) return costs.double;
  const cost = vowels.has(letter) ? costs.vowelGap : 1;
  return index === 0 ? cost + costs.first : cost;
}

function substitution(typed: string, i: number, word: string, j: number): number {
  const [a, b] = [typed.charAt(i), word.charAt(j)];
  if (a === b) return 0;
  const first = i === 0 || j === 0 ? costs.first : 0;
  if (vowels.has(a) && vowels.has(b)) return costs.vowel + first;
  return (alike.has(a + b) ? costs.sound : 1) + first;
}
