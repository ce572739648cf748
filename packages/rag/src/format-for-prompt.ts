import { cleanLine, cleanText } from "./clean-text.ts";
import { RagError } from "./errors.ts";
import { chooseMarker } from "./marker.ts";
import { type Locale, templates } from "./templates.ts";
import { assertLocale } from "./validate.ts";

/** A call of `formatForPrompt`. Contexts of `retrieveContext` and `augmentQuery` fit. */
export interface FormatForPromptCall {
  /** In the order in which the passages should be numbered, from 1. */
  readonly contexts: readonly PromptContext[];
  /** Default: that of `createRag`, else `en`. */
  readonly locale?: Locale | undefined;
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
export function formatForPrompt({ contexts, locale = "en" }: FormatForPromptCall): FormattedContexts {
  assertLocale("formatForPrompt.locale", locale);
  if (!Array.isArray(contexts))
    throw new RagError(
      "INVALID_OPTION",
      `formatForPrompt.contexts must be a list; received ${typeof contexts}.`,
    );
  const entries = contexts.map(promptEntry);
  const marker = chooseMarker(entries.flat());
  return {
    instructions: templates[locale].instructions(marker),
    block: markedBlock(
      entries.map((entry, index) => markedPassage(marker, index + 1, entry)),
      marker,
      locale,
    ),
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

/** Passages between the lines that begin and end the block. */
export function markedBlock(passages: readonly string[], marker: string, locale: Locale): string {
  const body = passages.length === 0 ? `${templates[locale].noPassage}\n` : passages.join("");
  return `<<${marker} begin>>\n${body}<<${marker} end>>`;
}
