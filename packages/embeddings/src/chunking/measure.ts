import { estimateTokens, tokenUnit, tokenWeight } from "./estimate-tokens.ts";

/** How large texts and their parts are. */
export interface Measure {
  /** Tokens of a whole text. */
  count(text: string): number;
  /** Tokens that a count has beside those of the text's characters, such as a mark of the beginning. */
  readonly extra: number;
  /** A part of a text without {@link extra}, in hundredths of a token; weights of parts may be summed. */
  weigh(text: string, start: number, end: number): number;
}

export const estimatedMeasure: Measure = { count: estimateTokens, extra: 0, weigh: tokenWeight };

/** Characters a token, from which on a part is too large without being counted: tokenizers are slow on long words. */
const longestAverage = 16;

/** By a counter of the caller's. */
export function exactMeasure(countTokens: (text: string) => number, maxTokens: number): Measure {
  const extra = countTokens("");
  return {
    count: countTokens,
    extra,
    weigh(text, start, end) {
      if (end - start > maxTokens * longestAverage) return Number.POSITIVE_INFINITY;
      return Math.max(0, countTokens(text.slice(start, end)) - extra) * tokenUnit;
    },
  };
}
