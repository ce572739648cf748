import { cleanText } from "./clean-text.ts";
import type { FittedContext } from "./fit-passages.ts";
import { markedBlock, markedPassage, markedSummary, promptEntry } from "./format-for-prompt.ts";
import type { PromptMessage } from "./ports.ts";
import type { PromptTemplate } from "./templates.ts";

/** The host's and the user's own words in a prompt. */
export interface PromptTexts {
  readonly system: string;
  readonly template: PromptTemplate;
  readonly question: string;
  /** How citations must quote, put behind the instructions. Default nothing. */
  readonly quoting?: string | undefined;
}

/** What a prompt holds beside them; each may be left out. */
export interface PromptBody {
  /** Oldest first. */
  readonly turns?: readonly PromptMessage[];
  /** Of the turns before those. */
  readonly summary?: string | undefined;
  readonly passages?: readonly FittedContext[];
}

/** The same prompt in two forms. */
export interface AssembledPrompt {
  readonly messages: readonly PromptMessage[];
  readonly prompt: string;
}

/**
 * Instructions, turns, then the block with summary and passages, then the question. Summary and passages are data
 * that the user did not write here, so both stand in the block and never in the system message.
 */
export function assemblePrompt(
  { system, template, question, quoting = "" }: PromptTexts,
  marker: string,
  { turns = [], summary, passages = [] }: PromptBody,
): AssembledPrompt {
  const head = [cleanText(system), template.instructions(marker), quoting]
    .filter((part) => part !== "")
    .join("\n\n");
  const block = markedBlock(marker, [
    ...(summary === undefined ? [] : [markedSummary(marker, template.summary, summary)]),
    ...(passages.length === 0 ? [`${template.noPassage}\n`] : []),
    ...passages.map(({ context, text }, index) =>
      markedPassage(marker, index + 1, promptEntry({ ...context, text })),
    ),
  ]);
  const user = `${block}\n\n${template.question}\n${question}`;
  return {
    messages: [{ role: "system", content: head }, ...turns, { role: "user", content: user }],
    prompt: [head, ...turns.map((turn) => markedTurn(marker, turn)), user].join("\n\n"),
  };
}

/** A turn within the one-text prompt; the marker keeps a turn from pretending to be another. */
export const markedTurn = (marker: string, { role, content }: PromptMessage): string =>
  `<<${marker} ${role}>>\n${content}`;
