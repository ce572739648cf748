import { assemblePrompt, type PromptTexts } from "./assemble-prompt.ts";
import { RagError } from "./errors.ts";
import { markedSummary } from "./format-for-prompt.ts";
import { chooseMarker } from "./marker.ts";
import type { PromptMessage, TokenCounter } from "./ports.ts";
import { type Count, checkedCount, tokensOfPrompt, tokensOfTurn } from "./prompt-tokens.ts";
import type { RecentHistory } from "./recent-history.ts";

/** Bounds of a prompt, in tokens. */
export interface PromptBounds {
  /** Of prompt and answer together. */
  readonly maxTokens: number;
  /** Kept free for the answer. */
  readonly answerTokens: number;
  /** 0 to 1: the conversation's share of what the prompt may have. */
  readonly historyShare: number;
  readonly tokenCounter: TokenCounter;
}

/** Which turns go into the prompt as they are, and which would have to be summarised. */
export interface HistoryPlan {
  readonly turns: readonly PromptMessage[];
  /** Oldest first; empty when all turns fit, or a summary would have no room. */
  readonly omitted: readonly PromptMessage[];
  /** Tokens of a summary's own text. */
  readonly summaryTokens: number;
  /** Whether the text of a summary keeps to its room. */
  fitsSummary(summary: string): boolean;
}

/** A summary takes a third of the history's room, and beyond this says little more. */
const mostSummaryTokens = 400;
/** Less, with its heading, says too little to be worth a call of a model. */
const leastSummaryTokens = 60;

/**
 * Shares the history's room between the newest turns and a summary of those before them. Needs nothing of
 * retrieval, so that both can run side by side.
 *
 * @throws {RagError} BUDGET_TOO_SMALL
 */
export function planHistory(
  texts: PromptTexts,
  { turns, earlier }: RecentHistory,
  bounds: PromptBounds,
): HistoryPlan {
  const count = checkedCount(bounds.tokenCounter);
  const marker = chooseMarker([texts.system, texts.question, ...turns.map(({ content }) => content)]);
  const { historyRoom } = promptRoom(texts, marker, bounds);
  const ofSummary = (summary: string) => count(markedSummary(marker, texts.template.summary, summary));
  const room = Math.min(historyRoom / 3, mostSummaryTokens);
  const all = earlier.length === 0 && newestWithin(turns, historyRoom, marker, count).length === turns.length;
  if (all || room < leastSummaryTokens)
    return { turns, omitted: [], summaryTokens: 0, fitsSummary: () => false };
  const kept = newestWithin(turns, historyRoom - room, marker, count);
  return {
    turns: kept,
    omitted: [...earlier, ...turns.slice(0, turns.length - kept.length)],
    summaryTokens: Math.max(0, room - ofSummary("")),
    fitsSummary: (summary) => ofSummary(summary) <= room,
  };
}

/**
 * What the prompt needs without history and passages, and what the conversation may take beside it.
 * @throws {RagError} BUDGET_TOO_SMALL
 */
export function promptRoom(
  texts: PromptTexts,
  marker: string,
  { maxTokens, answerTokens, historyShare, tokenCounter }: PromptBounds,
): { reservedTokens: number; promptTokens: number; historyRoom: number } {
  const reservedTokens = tokensOfPrompt(assemblePrompt(texts, marker, {}), checkedCount(tokenCounter));
  const promptTokens = maxTokens - answerTokens;
  if (reservedTokens > promptTokens) throw budgetTooSmall(maxTokens, reservedTokens, answerTokens);
  const historyRoom = Math.min(promptTokens * historyShare, promptTokens - reservedTokens);
  return { reservedTokens, promptTokens, historyRoom };
}

/** The newest turns that fit together, none cut, none left out between. */
export function newestWithin(
  turns: readonly PromptMessage[],
  room: number,
  marker: string,
  count: Count,
): readonly PromptMessage[] {
  let left = room;
  let first = turns.length;
  for (const [index, turn] of [...turns.entries()].reverse()) {
    left -= tokensOfTurn(marker, turn, count);
    if (left < 0) break;
    first = index;
  }
  return turns.slice(first);
}

function budgetTooSmall(maxTokens: number, reservedTokens: number, answerTokens: number): RagError {
  const minimumTokens = reservedTokens + answerTokens;
  const needs = answerTokens === 0 ? "" : ` (${answerTokens} of them for the answer)`;
  return new RagError(
    "BUDGET_TOO_SMALL",
    `augmentQuery: the instructions and the question alone need ${minimumTokens} tokens${needs}; maxContextTokens is ${maxTokens}. Raise it, or shorten the question.`,
    { details: { minimumTokens } },
  );
}
