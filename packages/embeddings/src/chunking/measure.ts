import { estimateTokens, tokenUnit, tokenWeight } from "./estimate-tokens.ts";

/** How large texts and their parts are. */
export interface Measure {
  /** Tokens of a whole text. */
  count(text: string): number;
  /** A part of a text, in hundredths of a token; weights of parts may be summed. */
  weigh(text: string, start: number, end: number): number;
}

export const estimatedMeasure: Measure = { count: estimateTokens, weigh: tokenWeight };

/** Characters a token, from which on a part is too large without being counted: tokenizers are slow on long words. */
const longestAverage = 16;

/** By a counter of the caller's. What it adds to every text, such as a mark of the beginning, is in no part's weight. */
export function exactMeasure(countTokens: (text: string) => number, maxTokens: number): Measure {
  const extra = countTokens("");
  return {
    count: countTokens,
    weigh(text, start, end) {
      if (end - start > maxTokens * longestAverage) return Number.POSITIVE_INFINITY;
      return Math.max(0, countTokens(text.slice(start, end)) - extra) * tokenUnit;
    },
  };
}
