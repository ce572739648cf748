import { EmbeddingsError, shapeOf } from "../errors.ts";
import { assertInteger } from "../validate.ts";
import { blankLineCuts, topLevelCuts } from "./code-cuts.ts";
import { fenceCuts } from "./fences.ts";
import { markdownSections } from "./markdown-sections.ts";
import { estimatedMeasure, exactMeasure } from "./measure.ts";
import { halvesThatFit, type PieceSizes, piecesOf, withOverlap } from "./pieces.ts";
import { lineCuts, paragraphCuts, sentenceCuts, wordCuts } from "./prose-cuts.ts";
import { type Cuts, isBlank, type Span } from "./spans.ts";
import { continuedSpeaker, turnsOf } from "./turns.ts";

/** How a text is cut: by paragraphs, by headings and paragraphs, by blocks of code, or by turns of speakers. */
export type TextKind = "prose" | "markdown" | "code" | "conversation";

export const textKinds: readonly TextKind[] = ["prose", "markdown", "code", "conversation"];

export interface ChunkOptions {
  /** Most tokens of a chunk, at least 16. Default 300. */
  maxTokens?: number;
  /** Tokens of the chunk before that a chunk repeats at its start; at most half of `maxTokens`. Default 0. */
  overlapTokens?: number;
  /** Default `prose`. */
  kind?: TextKind;
  /**
   * Exact tokens of a text, by the model's tokenizer; called with many parts of the text. Default: the package's
   * estimate, within about 20 % of OpenAI's `cl100k_base` for English, French and code.
   */
  countTokens?: (text: string) => number;
}

export interface TextChunk {
  /** `text.slice(start, end)` of the whole text is the chunk's `text`: UTF-16 code units. */
  start: number;
  end: number;
  text: string;
  /**
   * What the chunk stands under: in Markdown its headings (`Guide › Install`), in a conversation the speaker where
   * the chunk begins within a turn; else empty.
   */
  title: string;
  /** Tokens of `text`, counted as the sizes are. */
  tokens: number;
}

/** A part that no chunk crosses. */
interface Section extends Span {
  cuts: readonly Cuts[];
  titleAt(start: number): string;
}

const proseCuts: readonly Cuts[] = [paragraphCuts, sentenceCuts, lineCuts, wordCuts];
const markdownCuts: readonly Cuts[] = [paragraphCuts, fenceCuts, sentenceCuts, lineCuts, wordCuts];
const codeCuts: readonly Cuts[] = [topLevelCuts, blankLineCuts, lineCuts, wordCuts];

/**
 * Cuts a text into passages that can be read by themselves, in order, none empty, none above `maxTokens`.
 *
 * As many whole paragraphs (in code: top-level blocks with their comments; in a conversation: turns) as fit are put
 * together from the start on, so that text appended later changes the last chunk alone. Where one is too long it is
 * cut at sentences, lines, words, in this order, at last between characters, never inside a surrogate pair or CR LF.
 * In Markdown a chunk never crosses a heading, and fenced code stays whole while it fits. Blank edges are left out.
 *
 * A conversation is a text that begins with a speaker (`User: …`); what a speaker says is cut as Markdown, and so is
 * a whole text of this kind without speakers.
 *
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * chunkText("# Guide\n\n## Install\n\nRun it.", { kind: "markdown" });
 * // [{ start: 0, end: 28, text: "# Guide\n\n## Install\n\nRun it.", title: "Guide › Install", tokens: 9 }]
 */
export function chunkText(text: string, options: ChunkOptions = {}): TextChunk[] {
  const { maxTokens = 300, overlapTokens = 0, kind = "prose", countTokens } = options;
  assertChunkOptions({ maxTokens, overlapTokens, kind });
  const measure = countTokens === undefined ? estimatedMeasure : exactMeasure(countTokens, maxTokens);
  const sizes: PieceSizes = { measure, maxTokens: maxTokens - measure.extra, overlapTokens };
  return sectionsOf(text, kind).flatMap((section) =>
    piecesOf(text, section, section.cuts, sizes)
      .filter((piece) => !isBlank(text, piece))
      .map((piece) => trimmed(text, withOverlap(text, piece, section, sizes), kind))
      .flatMap((piece) => halvesThatFit(text, piece, sizes))
      .map(({ start, end }) => {
        const passage = text.slice(start, end);
        return { start, end, text: passage, title: section.titleAt(start), tokens: measure.count(passage) };
      }),
  );
}

type SizeOptions = Required<Pick<ChunkOptions, "maxTokens" | "overlapTokens" | "kind">>;

export function assertChunkOptions({ maxTokens, overlapTokens, kind }: SizeOptions): void {
  assertInteger("chunkText: maxTokens", maxTokens, { min: 16 });
  assertInteger("chunkText: overlapTokens", overlapTokens, { min: 0, max: Math.floor(maxTokens / 2) });
  if (!textKinds.includes(kind)) {
    throw new EmbeddingsError(
      "INVALID_OPTION",
      `chunkText: kind must be one of ${textKinds.join(", ")}; received ${shapeOf(kind)}.`,
    );
  }
}

function sectionsOf(text: string, kind: TextKind): Section[] {
  const whole = { start: 0, end: text.length };
  const turns = kind === "conversation" ? turnsOf(text) : [];
  if (turns.length > 0) {
    const turnCuts: Cuts = () => turns.map(({ start }) => start);
    const titleAt = (start: number) => continuedSpeaker(turns, start);
    return [{ ...whole, cuts: [turnCuts, ...markdownCuts], titleAt }];
  }
  if (kind === "prose" || kind === "code") {
    return [{ ...whole, cuts: kind === "code" ? codeCuts : proseCuts, titleAt: () => "" }];
  }
  return markdownSections(text).map(({ start, end, title }) => ({
    start,
    end,
    cuts: markdownCuts,
    titleAt: () => title,
  }));
}

/** Without blank edges; in code the first line keeps its indentation. */
function trimmed(text: string, { start, end }: Span, kind: TextKind): Span {
  const passage = text.slice(start, end);
  const kept = passage.trimEnd();
  const blank = kind === "code" ? /^(?:[^\S\n]*\n)*/ : /^\s*/;
  const leading = blank.exec(kept)?.[0].length ?? 0;
  return { start: start + leading, end: start + kept.length };
}
