import { cleanLine, cleanText } from "./clean-text.ts";
import { RagError } from "./errors.ts";
import { chooseMarker } from "./marker.ts";
import { type Locale, type PromptTemplate, templateOf } from "./templates.ts";
import { assertLocale, assertTemplate } from "./validate.ts";

/** A call of `formatForPrompt`. Contexts of `retrieveContext` and `augmentQuery` fit. */
export interface FormatForPromptCall {
  /** In the order in which the passages should be numbered, from 1. */
  readonly contexts: readonly PromptContext[];
  /** Default: that of `createRag`, else `en`. */
  readonly locale?: Locale | undefined;
  /** Texts of your own in place of those of `locale`. Default: those of `createRag`, else none. */
  readonly template?: PromptTemplate | undefined;
}

/** What a passage shows to the model. */
export interface PromptContext {
  readonly sourceType: string;
  readonly title: string;
  readonly text: string;
}

/** Retrieved passages as text for a model. */
export interface FormattedContexts {
  /** Belongs into the system message: what the markers mean, and that passages are data. */
  readonly instructions: string;
  /** The passages between the lines `<<marker begin>>` and `<<marker end>>`. */
  readonly block: string;
  /** Occurs in no title and no text. */
  readonly marker: string;
}

/**
 * Retrieved passages, numbered, inside a delimiter that is random for each call and occurs in none of them, with
 * the instructions that say so. Invisible characters are removed ({@link cleanText}).
 *
 * No wording makes a model immune to text that gives it orders: give it no tools that retrieved text must not use.
 *
 * @throws {RagError} INVALID_OPTION
 * @example
 * const { instructions, block } = formatForPrompt({ contexts, locale: "fr" });
 */
export function formatForPrompt({
  contexts,
  locale = "en",
  template,
}: FormatForPromptCall): FormattedContexts {
  assertLocale("formatForPrompt.locale", locale);
  const texts = templateOf({ template: template && assertTemplate(template) }, locale);
  if (!Array.isArray(contexts))
    throw new RagError(
      "INVALID_OPTION",
      `formatForPrompt.contexts must be a list; received ${typeof contexts}.`,
    );
  const entries = contexts.map(promptEntry);
  const marker = chooseMarker([texts.noPassage, ...entries.flat()]);
  const passages = entries.map((entry, index) => markedPassage(marker, index + 1, entry));
  return {
    instructions: texts.instructions(marker),
    block: markedBlock(marker, passages.length === 0 ? [`${texts.noPassage}\n`] : passages),
    marker,
  };
}

/** The two parts of a passage that a model sees, cleaned: its heading, one line, and its text. */
export type PromptEntry = readonly [heading: string, text: string];

export function promptEntry({ sourceType, title, text }: PromptContext): PromptEntry {
  return [
    [cleanLine(sourceType), cleanLine(title)].filter((part) => part !== "").join(" | "),
    cleanText(text),
  ];
}

/** A passage as it stands in the block. */
export function markedPassage(marker: string, n: number, [heading, text]: PromptEntry): string {
  return `<<${marker} ${n}>> ${heading}\n${text}\n`;
}

/** The summary of a conversation's earlier turns as it stands in the block, before the passages. */
export function markedSummary(marker: string, heading: string, text: string): string {
  return `<<${marker} summary>> ${heading}\n${text}\n`;
}

/** Entries between the lines that begin and end the block. */
export function markedBlock(marker: string, entries: readonly string[]): string {
  return `<<${marker} begin>>\n${entries.join("")}<<${marker} end>>`;
}
