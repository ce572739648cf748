import { cleanText } from "./clean-text.ts";
import { type DroppedContext, droppedContext, type RetrievedContext } from "./contexts.ts";
import { RagError } from "./errors.ts";
import { type FittedContext, fitPassages } from "./fit-passages.ts";
import { markedBlock, markedPassage, promptEntry } from "./format-for-prompt.ts";
import { chooseMarker } from "./marker.ts";
import type { PromptMessage, TokenCounter } from "./ports.ts";
import { type Locale, templates } from "./templates.ts";
import { invalid } from "./validate.ts";

/** Where the tokens of a prompt went. */
export interface PromptBudget {
  /** `maxContextTokens` of the call. */
  readonly maxTokens: number;
  /** The larger of `messages` and `prompt`. */
  readonly usedTokens: number;
  /** Instructions, question and markers: what the prompt needs without history and passages. */
  readonly reservedTokens: number;
  readonly historyTokens: number;
  readonly contextTokens: number;
}

/** What {@link fitPrompt} is given. */
export interface PromptParts {
  readonly system: string;
  readonly locale: Locale;
  readonly question: string;
  /** Put behind the instructions. Default nothing. */
  readonly quoting?: string | undefined;
  /** Oldest first. */
  readonly turns: readonly PromptMessage[];
  /** Best first. */
  readonly contexts: readonly RetrievedContext[];
}

interface PromptBounds {
  readonly maxTokens: number;
  readonly historyShare: number;
  readonly tokenCounter: TokenCounter;
}

/** A prompt within its budget. */
export interface FittedPrompt {
  readonly messages: readonly PromptMessage[];
  readonly prompt: string;
  readonly kept: readonly FittedContext[];
  readonly dropped: readonly DroppedContext[];
  readonly historyTurns: number;
  readonly budget: PromptBudget;
}

/**
 * What chat formats add per message and per prompt.
 * @see OpenAI cookbook, "How to count tokens with tiktoken": 3 + role, and 3 that begin the answer
 */
const messageTokens = 4;
const answerTokens = 3;

/**
 * Builds a prompt of at most `maxTokens`: instructions and question first, then the newest turns within their
 * share, then passages.
 *
 * @throws {RagError} BUDGET_TOO_SMALL
 */
export function fitPrompt(
  parts: PromptParts,
  { maxTokens, historyShare, tokenCounter }: PromptBounds,
): FittedPrompt {
  const { system, locale, question, contexts } = parts;
  const count = checkedCount(tokenCounter);
  const entries = contexts.map(promptEntry);
  const marker = chooseMarker([
    system,
    question,
    parts.quoting ?? "",
    ...parts.turns.map((turn) => turn.content),
    ...entries.flat(),
  ]);
  const assemble = (turns: readonly PromptMessage[], kept: readonly FittedContext[]): Assembled => {
    const passages = kept.map(({ context, text }, index) =>
      markedPassage(marker, index + 1, promptEntry({ ...context, text })),
    );
    const texts = [cleanText(system), templates[locale].instructions(marker), parts.quoting ?? ""];
    const heading = texts.filter((part) => part !== "");
    const block = markedBlock(passages, marker, locale);
    return assembled(
      heading.join("\n\n"),
      turns,
      `${block}\n\n${templates[locale].question}\n${question}`,
      marker,
    );
  };
  const size = ({ messages, prompt }: Assembled): number =>
    Math.max(
      messages.reduce((sum, { content }) => sum + count(content) + messageTokens, answerTokens),
      count(prompt),
    );

  const reservedTokens = size(assemble([], []));
  if (reservedTokens > maxTokens) throw budgetTooSmall(maxTokens, reservedTokens);
  const historyRoom = Math.min(maxTokens * historyShare, maxTokens - reservedTokens);
  let turns = newestWithin(
    parts.turns,
    historyRoom,
    (turn) => count(markedTurn(turn, marker)) + messageTokens,
  );
  const historyTokens = size(assemble(turns, [])) - reservedTokens;
  const room = Math.max(0, maxTokens - reservedTokens - historyTokens);
  const { kept, dropped } = fitPassages(contexts, { room, marker, count });

  // Parts may count a little less than the whole, so the whole has the last word.
  let whole = assemble(turns, kept);
  for (let used = size(whole); used > maxTokens; used = size(whole)) {
    const last = kept.pop();
    if (last) dropped.push(droppedContext(last.context, "budget"));
    else turns = turns.slice(1);
    whole = assemble(turns, kept);
  }
  const usedTokens = size(whole);
  const usedByHistory = size(assemble(turns, [])) - reservedTokens;
  return {
    ...whole,
    kept,
    dropped,
    historyTurns: turns.length,
    budget: {
      maxTokens,
      usedTokens,
      reservedTokens,
      historyTokens: usedByHistory,
      contextTokens: Math.max(0, usedTokens - reservedTokens - usedByHistory),
    },
  };
}

interface Assembled {
  readonly messages: readonly PromptMessage[];
  readonly prompt: string;
}

function assembled(system: string, turns: readonly PromptMessage[], user: string, marker: string): Assembled {
  return {
    messages: [{ role: "system", content: system }, ...turns, { role: "user", content: user }],
    prompt: [system, ...turns.map((turn) => markedTurn(turn, marker)), user].join("\n\n"),
  };
}

/** A turn within the one-text prompt; the marker keeps a turn from pretending to be another. */
const markedTurn = ({ role, content }: PromptMessage, marker: string): string =>
  `<<${marker} ${role}>>\n${content}`;

function newestWithin(
  turns: readonly PromptMessage[],
  room: number,
  tokensOf: (turn: PromptMessage) => number,
): readonly PromptMessage[] {
  let left = room;
  let first = turns.length;
  for (const [index, turn] of [...turns.entries()].reverse()) {
    left -= tokensOf(turn);
    if (left < 0) break;
    first = index;
  }
  return turns.slice(first);
}

function checkedCount(counter: TokenCounter): (text: string) => number {
  return (text) => {
    const tokens = counter.count(text);
    if (!(tokens >= 0 && tokens < Number.POSITIVE_INFINITY))
      throw invalid("tokenCounter.count", tokens, "a function that answers a number from 0");
    return tokens;
  };
}

/** @param minimumTokens the smallest budget with which the same call works */
export function budgetTooSmall(maxTokens: number, minimumTokens: number): RagError {
  return new RagError(
    "BUDGET_TOO_SMALL",
    `augmentQuery: the instructions and the question alone need ${minimumTokens} tokens; maxContextTokens is ${maxTokens}. Raise it, or shorten the question.`,
    { details: { minimumTokens } },
  );
}
