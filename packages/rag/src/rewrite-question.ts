import { askHelper, type HelperOutcome } from "./ask-helper.ts";
import { rewritePrompt } from "./helper-prompts.ts";
import { chooseMarker } from "./marker.ts";
import type { Generator, PromptMessage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import type { Locale } from "./templates.ts";

interface FollowUp {
  readonly question: string;
  /** Oldest first. */
  readonly turns: readonly PromptMessage[];
  readonly locale: Locale;
  readonly signal: AbortSignal;
}

/** What a question refers to was said lately; more turns cost more and rewrite no better. */
const mostTurns = 6;
/** Of each turn the beginning: names come early, and answers can be long. */
const mostTurnCharacters = 1000;
const mostTokens = 300;

/**
 * The follow-up question as it reads without the conversation, for retrieval alone. The turns are given as data:
 * what they talk the helper into can change what is searched, never whose rows are.
 */
export function rewriteQuestion(
  helper: Generator,
  { question, turns, locale, signal }: FollowUp,
  options: ResolvedOptions,
): Promise<HelperOutcome> {
  const said = turns
    .slice(-mostTurns)
    .map(({ role, content }) => ({ role, content: beginning(content, mostTurnCharacters) }));
  const marker = chooseMarker([question, ...said.map(({ content }) => content)]);
  return askHelper(
    helper,
    {
      name: "rewriting",
      messages: rewritePrompt(locale, marker, { turns: said, question }),
      maxTokens: mostTokens,
      signal,
      accept: (text) => acceptQuestion(text, question),
    },
    options,
  );
}

/** One line with a letter or digit, not much longer than what was asked: else the model did something else. */
function acceptQuestion(text: string, question: string): string | undefined {
  const longest = Math.max(400, question.length * 2);
  if (text.includes("\n") || text.length > longest || !/[\p{L}\p{N}]/u.test(text)) return undefined;
  return text.replace(/^["“«]\s*([^"“”«»]+?)\s*["”»]$/, "$1");
}

/** The first characters, never half of one. */
export const beginning = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters).replace(/[\ud800-\udbff]$/, "")}…`;
