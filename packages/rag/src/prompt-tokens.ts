import { type AssembledPrompt, markedTurn } from "./assemble-prompt.ts";
import type { PromptMessage, TokenCounter } from "./ports.ts";
import { invalid } from "./validate.ts";

/**
 * What chat formats add per message and per prompt.
 * @see OpenAI cookbook, "How to count tokens with tiktoken": 3 + role, and 3 that begin the answer
 */
const messageTokens = 4;
const replyTokens = 3;

export type Count = (text: string) => number;

/** The larger of the two forms, so that either fits. */
export const tokensOfPrompt = ({ messages, prompt }: AssembledPrompt, count: Count): number =>
  Math.max(
    messages.reduce((sum, { content }) => sum + count(content) + messageTokens, replyTokens),
    count(prompt),
  );

/** What a turn adds to a prompt. */
export const tokensOfTurn = (marker: string, turn: PromptMessage, count: Count): number =>
  count(markedTurn(marker, turn)) + messageTokens;

/**
 * The counter, refusing answers that are no number of tokens. Counts each text once: a prompt's messages are counted
 * anew with each thing that is added to it, and most of them stay as they are.
 */
export function checkedCount(counter: TokenCounter): Count {
  const known = new Map<string, number>();
  return (text) => {
    const tokens = known.get(text) ?? counter.count(text);
    if (!(tokens >= 0 && tokens < Number.POSITIVE_INFINITY))
      throw invalid("tokenCounter.count", tokens, "a function that answers a number from 0");
    known.set(text, tokens);
    return tokens;
  };
}
