import { EmbeddingsError, shapeOf } from "../errors.ts";
import { assertInteger } from "../validate.ts";
import { blankLineCuts, topLevelCuts } from "./code-cuts.ts";
import { estimateTokens, insidePair, tokenUnit, tokenWeight } from "./estimate-tokens.ts";
import { markdownSections, type Section } from "./markdown-sections.ts";
import { lineCuts, paragraphCuts, sentenceCuts, wordCuts } from "./prose-cuts.ts";
import { type Cuts, partsOf, type Span } from "./spans.ts";

/** How a text is cut: by paragraphs, by headings and paragraphs, or by blocks of code. */
export type TextKind = "prose" | "markdown" | "code";

export const textKinds: readonly TextKind[] = ["prose", "markdown", "code"];

export interface ChunkOptions {
  /** Most tokens of a chunk, by the package's estimate; at least 16. Default 300. */
  maxTokens?: number;
  /** Tokens of the chunk before that a chunk repeats at its start; at most half of `maxTokens`. Default 0. */
  overlapTokens?: number;
  /** Default `prose`. */
  kind?: TextKind;
}

export interface TextChunk {
  /** `text.slice(start, end)` of the whole text is the chunk's `text`: UTF-16 code units. */
  start: number;
  end: number;
  text: string;
  /** Headings that the chunk stands under (`Guide › Install`); empty but in Markdown. */
  title: string;
  /** Estimated tokens of `text`. */
  tokens: number;
}

const levels: Record<TextKind, readonly Cuts[]> = {
  prose: [paragraphCuts, sentenceCuts, lineCuts, wordCuts],
  markdown: [paragraphCuts, sentenceCuts, lineCuts, wordCuts],
  code: [topLevelCuts, blankLineCuts, lineCuts, wordCuts],
};

/**
 * Cuts a text into passages that can be read by themselves, in order, none empty, none above `maxTokens`.
 *
 * As many whole paragraphs (in code: top-level blocks with their comments) as fit are put together from the start
 * on, so that text appended later changes the last chunk alone. Where one is too long it is cut at sentences,
 * lines, words, in this order, at last between characters, never inside a surrogate pair. In Markdown a chunk
 * never crosses a heading, and fenced code stays whole while it fits. Blank edges are left out.
 *
 * Tokens are estimated (within about 20 % of OpenAI's `cl100k_base` for English, French and code).
 *
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * chunkText("# Guide\n\n## Install\n\nRun it.", { kind: "markdown" });
 * // [{ start: 0, end: 28, text: "# Guide\n\n## Install\n\nRun it.", title: "Guide › Install", tokens: 9 }]
 */
export function chunkText(text: string, options: ChunkOptions = {}): TextChunk[] {
  const { maxTokens = 300, overlapTokens = 0, kind = "prose" } = options;
  assertChunkOptions({ maxTokens, overlapTokens, kind });
  return sectionsOf(text, kind).flatMap((section) =>
    piecesOf(text, section, levels[kind], (maxTokens - overlapTokens) * tokenUnit)
      .map((piece) => trimmed(text, withOverlap(text, piece, section, overlapTokens), kind))
      .filter((piece) => piece.end > piece.start)
      .map(({ start, end }) => {
        const passage = text.slice(start, end);
        return { start, end, text: passage, title: section.title, tokens: estimateTokens(passage) };
      }),
  );
}

export function assertChunkOptions({ maxTokens, overlapTokens, kind }: Required<ChunkOptions>): void {
  assertInteger("chunkText: maxTokens", maxTokens, { min: 16 });
  assertInteger("chunkText: overlapTokens", overlapTokens, { min: 0, max: Math.floor(maxTokens / 2) });
  if (!textKinds.includes(kind)) {
    throw new EmbeddingsError(
      "INVALID_OPTION",
      `chunkText: kind must be one of ${textKinds.join(", ")}; received ${shapeOf(kind)}.`,
    );
  }
}

const sectionsOf = (text: string, kind: TextKind): Section[] =>
  kind === "markdown" ? markdownSections(text) : [{ start: 0, end: text.length, title: "" }];

/** Packs the parts of the coarsest level, in order, and cuts those that do not fit by the finer ones. */
function piecesOf(text: string, span: Span, cuts: readonly Cuts[], maxWeight: number): Span[] {
  const [coarsest, ...finer] = cuts;
  if (tokenWeight(text, span.start, span.end) <= maxWeight) return [span];
  if (coarsest === undefined) return characterPieces(text, span, maxWeight);
  const pieces: Span[] = [];
  let room = 0;
  const add = (piece: Span) => {
    const weight = tokenWeight(text, piece.start, piece.end);
    const last = pieces.at(-1);
    if (last !== undefined && weight <= room) {
      last.end = piece.end;
      room -= weight;
    } else {
      pieces.push({ ...piece });
      room = maxWeight - weight;
    }
  };
  for (const part of partsOf(span, coarsest(text, span))) {
    const fits = tokenWeight(text, part.start, part.end) <= maxWeight;
    for (const piece of fits ? [part] : piecesOf(text, part, finer, maxWeight)) add(piece);
  }
  return pieces;
}

function characterPieces(text: string, { start, end }: Span, maxWeight: number): Span[] {
  const pieces: Span[] = [];
  let from = start;
  let weight = 0;
  for (let at = start; at < end; at++) {
    const unit = tokenWeight(text, at, at + 1);
    if (weight + unit > maxWeight) {
      const cut = insidePair(text, at) ? at - 1 : at;
      pieces.push({ start: from, end: cut });
      from = cut;
      weight = tokenWeight(text, cut, at);
    }
    weight += unit;
  }
  pieces.push({ start: from, end });
  return pieces;
}

/** Moves the start back by whole words, within the section. */
function withOverlap(text: string, piece: Span, section: Span, overlapTokens: number): Span {
  if (overlapTokens === 0) return piece;
  let weight = 0;
  let { start } = piece;
  for (let at = piece.start - 1; at >= section.start; at--) {
    weight += tokenWeight(text, at, at + 1);
    if (weight > overlapTokens * tokenUnit) break;
    if (at === section.start || /\s/.test(text.charAt(at - 1))) start = at;
  }
  return { start, end: piece.end };
}

/** Without blank edges; in code the first line keeps its indentation. */
function trimmed(text: string, { start, end }: Span, kind: TextKind): Span {
  const passage = text.slice(start, end);
  const kept = passage.trimEnd();
  const blank = kind === "code" ? /^(?:[^\S\n]*\n)*/ : /^\s*/;
  const leading = blank.exec(kept)?.[0].length ?? 0;
  return { start: start + leading, end: start + kept.length };
}
