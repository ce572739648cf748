import { bestLines, bestWindow, hitLines } from "./best-window.ts";
import { identifierHits } from "./identifiers.ts";
import { type MarkedText, mergeSpans, readMarks, type Span, toSegments } from "./marked-text.ts";
import type { PageRow } from "./queries/page.ts";
import type { CodeLine, Segment } from "./segments.ts";
import type { Source } from "./source.ts";
import type { Terms } from "./terms.ts";

export interface Highlights {
  readonly titleSegments: readonly Segment[];
  readonly snippet: readonly Segment[];
  /** In sources of code: the line on which the snippet starts, from 1. */
  readonly line: number | undefined;
  /** In sources of code: the lines with the most hits. */
  readonly lines?: readonly CodeLine[];
}

const maxLines = 5;

/** Length of a snippet in UTF-16 code units. */
const snippetLength = 200;

/** The marked title and the most telling part of the body. */
export function highlight(source: Source, row: PageRow, terms: Terms): Highlights {
  const title = markedTitle(source, row, terms);
  const body = markedBody(source, row, terms);
  const isCode = source.identifierVector !== undefined;
  const span = isCode ? bestLines(body, snippetLength) : bestWindow(body, snippetLength);
  return {
    titleSegments: toSegments(title, { start: 0, end: title.text.length }),
    snippet: isCode
      ? toSegments(body, span)
      : withEllipses(toSegments(body, span), body, span, row.startOffset > 0),
    line: isCode ? row.linesBefore + countLines(body.text.slice(0, span.start)) + 1 : undefined,
    ...(isCode ? { lines: codeLines(body, row.linesBefore) } : {}),
  };
}

/** Whole lines; of one that is too long, the part with the most hits. */
function codeLines(body: MarkedText, linesBefore: number): CodeLine[] {
  return hitLines(body, maxLines).map(({ start, end }) => {
    const hits = body.hits
      .filter((hit) => hit.start < end && hit.end > start)
      .map((hit) => ({ start: Math.max(0, hit.start - start), end: Math.min(hit.end, end) - start }));
    const line = { text: body.text.slice(start, end), hits };
    return {
      number: linesBefore + countLines(body.text.slice(0, start)) + 1,
      segments: toSegments(line, bestWindow(line, snippetLength)),
    };
  });
}

/** The body with the words that the server found, and in code those that only the identifiers' parts are. */
export function markedBody(source: Source, { markedBody }: PageRow, terms: Terms): MarkedText {
  return withIdentifiers(source, readMarks(markedBody), terms);
}

function markedTitle(source: Source, { markedTitle }: PageRow, terms: Terms): MarkedText {
  const title = withIdentifiers(source, readMarks(markedTitle), terms);
  return source.path && terms.all.pathPart !== null ? withPart(title, terms.all.pathPart) : title;
}

/** Also the places where the letters stand, within words or not. */
function withPart({ text, hits }: MarkedText, part: string): MarkedText {
  const literal = new RegExp(part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "giu");
  const found = [...text.matchAll(literal)].map(({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  return { text, hits: mergeSpans([...hits, ...found]) };
}

function withIdentifiers(source: Source, { text, hits }: MarkedText, terms: Terms): MarkedText {
  if (!source.identifierVector) return { text, hits };
  const words = terms.terms.filter(({ identifiers }) => identifiers !== null).flatMap(({ texts }) => texts);
  const marked = { text, hits: mergeSpans([...hits, ...identifierHits(text, words)]) };
  const { contentPart } = terms.all;
  return contentPart === undefined ? marked : withPart(marked, contentPart);
}

function withEllipses(
  segments: readonly Segment[],
  { text }: MarkedText,
  { start, end }: Span,
  isWindow: boolean,
): Segment[] {
  const ellipsis = { text: "…", hit: false };
  return [
    ...(start > 0 || isWindow ? [ellipsis] : []),
    ...segments,
    ...(end < text.length ? [ellipsis] : []),
  ];
}

const countLines = (text: string): number => text.split("\n").length - 1;
