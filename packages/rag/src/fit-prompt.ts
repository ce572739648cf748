import { type AssembledPrompt, assemblePrompt, type PromptTexts } from "./assemble-prompt.ts";
import { type DroppedContext, droppedContext, type RetrievedContext } from "./contexts.ts";
import { newestWithin, type PromptBounds, promptRoom } from "./fit-history.ts";
import { type FittedContext, fitPassages } from "./fit-passages.ts";
import { promptEntry } from "./format-for-prompt.ts";
import { chooseMarker } from "./marker.ts";
import type { PromptMessage } from "./ports.ts";
import { checkedCount, tokensOfPrompt } from "./prompt-tokens.ts";

/** Where the tokens of a prompt went. */
export interface PromptBudget {
  /** `maxContextTokens` of the call. */
  readonly maxTokens: number;
  /** Kept free for the answer: `maxAnswerTokens` of the call, else 0. With `usedTokens` at most `maxTokens`. */
  readonly answerTokens: number;
  /** The larger of `messages` and `prompt`. */
  readonly usedTokens: number;
  /** Instructions, question and markers: what the prompt needs without history and passages. */
  readonly reservedTokens: number;
  /** Turns and the summary of earlier ones. */
  readonly historyTokens: number;
  readonly contextTokens: number;
}

/** What {@link fitPrompt} is given. */
export interface PromptParts extends PromptTexts {
  /** Oldest first. */
  readonly turns: readonly PromptMessage[];
  /** Of turns before those. */
  readonly summary?: string | undefined;
  /** Best first. */
  readonly contexts: readonly RetrievedContext[];
}

/** A prompt within its budget. */
export interface FittedPrompt extends AssembledPrompt {
  readonly kept: readonly FittedContext[];
  readonly dropped: readonly DroppedContext[];
  readonly historyTurns: number;
  /** Whether the summary had room. */
  readonly hasSummary: boolean;
  readonly budget: PromptBudget;
}

/**
 * Builds a prompt that leaves `answerTokens` of `maxTokens`: instructions and question first, then summary and
 * newest turns within their share, then passages.
 *
 * @throws {RagError} BUDGET_TOO_SMALL
 */
export function fitPrompt(parts: PromptParts, bounds: PromptBounds): FittedPrompt {
  const { system, template, question, contexts } = parts;
  const count = checkedCount(bounds.tokenCounter);
  const marker = chooseMarker([
    ...[
      system,
      question,
      parts.quoting ?? "",
      parts.summary ?? "",
      template.summary,
      template.noPassage,
      template.question,
    ],
    ...parts.turns.map(({ content }) => content),
    ...contexts.flatMap(promptEntry),
  ]);
  const { reservedTokens, promptTokens, historyRoom } = promptRoom(parts, marker, bounds);
  let { summary } = parts;
  // Turns that stand beside a summary were chosen to leave it its room.
  let turns = newestWithin(parts.turns, historyRoom, marker, count);
  const tokensOfHistory = () =>
    tokensOfPrompt(assemblePrompt(parts, marker, { turns, summary }), count) - reservedTokens;
  const room = Math.max(0, promptTokens - reservedTokens - tokensOfHistory());
  const { kept, dropped } = fitPassages(contexts, { room, marker, count });

  // Parts may count a little less than the whole, so the whole has the last word.
  let whole = assemblePrompt(parts, marker, { turns, summary, passages: kept });
  let usedTokens = tokensOfPrompt(whole, count);
  while (usedTokens > promptTokens) {
    const last = kept.pop();
    if (last) dropped.push(droppedContext(last.context, "budget"));
    else if (turns.length > 0) turns = turns.slice(1);
    else summary = undefined;
    whole = assemblePrompt(parts, marker, { turns, summary, passages: kept });
    usedTokens = tokensOfPrompt(whole, count);
  }
  const historyTokens = tokensOfHistory();
  return {
    ...whole,
    kept,
    dropped,
    historyTurns: turns.length,
    hasSummary: summary !== undefined,
    budget: {
      maxTokens: bounds.maxTokens,
      answerTokens: bounds.answerTokens,
      usedTokens,
      reservedTokens,
      historyTokens,
      contextTokens: Math.max(0, usedTokens - reservedTokens - historyTokens),
    },
  };
}
