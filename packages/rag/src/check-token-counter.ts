import type { TokenCounter } from "./ports.ts";

/** Tokens by which a whole may count less than its parts, because words join where the parts meet. */
const joined = 3;

const prose = "The quick brown fox jumps over the lazy dog. ";

/** Texts of which tokenizers take different views. */
const samples = [
  prose,
  "L'été dernier, la grand-mère de Zoë a déployé l'application à 14 h 30.",
  "export const sum = (xs: number[]) => xs.reduce((a, b) => a + b, 0);\n\n\t// done",
  "请问如何部署这个项目？",
  "👩‍💻 works — ✅ … ½",
  "0123456789 3.14159 1e-9 2026-01-01T00:00:00Z",
  "       \n\n\n       ",
  "a",
];

/**
 * What a {@link TokenCounter} does against its contract; an empty list when nothing was found.
 *
 * Checked over texts of several scripts: finite numbers from 0, 0 for an empty text and more for a word, growth
 * with the text, the same figure when asked again, no less for a text with more behind it, and no more for two texts
 * joined than for both. The last two leave a slack of three tokens, by which words that join where texts meet differ.
 *
 * @example
 * expect(checkTokenCounter({ count: countTokens })).toEqual([]);
 */
export function checkTokenCounter(counter: TokenCounter): string[] {
  const findings = new Set<string>();
  const count = (text: string): number => {
    const tokens = counter.count(text);
    if (!(tokens >= 0 && tokens < Number.POSITIVE_INFINITY))
      findings.add("a count is not a finite number from 0");
    return tokens;
  };
  if (count("") !== 0) findings.add("an empty text has tokens");
  if (!(count("word") > 0)) findings.add("a word has no tokens");
  if (!(count(prose.repeat(50)) > count(prose) * 25))
    findings.add("a sentence fifty times has less than half the tokens of fifty sentences");
  for (const first of samples) {
    const alone = count(first);
    if (count(first) !== alone) findings.add("the same text is counted otherwise when asked again");
    for (const second of samples) {
      const both = count(first + second);
      if (both < alone - joined) findings.add("a text with more behind it has fewer tokens");
      if (both > alone + count(second) + joined) findings.add("two texts joined have more tokens than both");
    }
  }
  return [...findings];
}
