import { insidePair, tokenUnit, tokenWeight } from "./estimate-tokens.ts";
import type { Measure } from "./measure.ts";
import { type Cuts, partsOf, type Span } from "./spans.ts";

export interface PieceSizes {
  measure: Measure;
  /** Without the measure's `extra`. */
  maxTokens: number;
  /** Kept free in pieces that are put together of several parts, for what is repeated at their start. */
  overlapTokens: number;
}

/**
 * Cuts a span at the coarsest places that make its parts fit, and puts neighbours together while they fit, in order.
 * A part that fits is never cut, though there be no room left for the overlap.
 */
export function piecesOf(text: string, span: Span, cuts: readonly Cuts[], sizes: PieceSizes): Span[] {
  const { measure, maxTokens, overlapTokens } = sizes;
  const [coarsest, ...finer] = cuts;
  const weightOf = ({ start, end }: Span) => measure.weigh(text, start, end);
  if (weightOf(span) <= maxTokens * tokenUnit) return [span];
  const packedWeight = (maxTokens - overlapTokens) * tokenUnit;
  if (coarsest === undefined) return characterPieces(text, span, packedWeight);
  const pieces: Span[] = [];
  let room = 0;
  const add = (piece: Span, weight: number) => {
    const last = pieces.at(-1);
    if (last !== undefined && weight <= room) {
      last.end = piece.end;
      room -= weight;
    } else {
      pieces.push({ ...piece });
      room = packedWeight - weight;
    }
  };
  for (const part of partsOf(span, coarsest(text, span))) {
    const weight = weightOf(part);
    if (weight <= maxTokens * tokenUnit) add(part, weight);
    else for (const piece of piecesOf(text, part, finer, sizes)) add(piece, weightOf(piece));
  }
  return pieces;
}

/** By the estimate, which unlike a tokenizer goes on from character to character. */
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

/** Moves the start back by whole words, within the section and as far as the piece has room. */
export function withOverlap(text: string, piece: Span, section: Span, sizes: PieceSizes): Span {
  const { measure, maxTokens, overlapTokens } = sizes;
  const room = maxTokens * tokenUnit - measure.weigh(text, piece.start, piece.end);
  const most = Math.min(overlapTokens * tokenUnit, room);
  // The estimate finds a place; by an exact measure that may be too far back.
  for (let guess = most; guess >= tokenUnit; guess /= 2) {
    const start = wordsBefore(text, piece.start, section.start, guess);
    if (measure.weigh(text, start, piece.start) <= most) return { start, end: piece.end };
  }
  return piece;
}

function wordsBefore(text: string, before: number, first: number, maxWeight: number): number {
  let weight = 0;
  let start = before;
  for (let at = before - 1; at >= first; at--) {
    weight += tokenWeight(text, at, at + 1);
    if (weight > maxWeight) break;
    if (at === first || /\s/.test(text.charAt(at - 1))) start = at;
  }
  return start;
}

/**
 * Halves, at white space where there is some, until each is within the limit: an exact measure of the whole may be
 * more than the sum of its parts, and of a trimmed text more than of the text.
 */
export function halvesThatFit(text: string, span: Span, { measure, maxTokens }: PieceSizes): Span[] {
  const { start, end } = span;
  if (end - start < 2 || measure.count(text.slice(start, end)) <= maxTokens + measure.extra) return [span];
  const middle = Math.ceil((start + end) / 2);
  const space = text.slice(middle, end).search(/\s\S/);
  const cut = space >= 0 ? middle + space + 1 : insidePair(text, middle) ? middle - 1 : middle;
  if (cut <= start) return [span];
  const halves = [
    { start, end: cut },
    { start: cut, end },
  ];
  return halves.flatMap((half) => halvesThatFit(text, half, { measure, maxTokens, overlapTokens: 0 }));
}
