import type { AnswerPart } from "./answer-part.ts";
import type { PromptedContext } from "./augment-query.ts";
import { createCitationScanner, type ScannedPart } from "./citation-scanner.ts";
import { findQuote } from "./find-quote.ts";
import type { FittedContext } from "./fit-passages.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { type Place, sourcePlace } from "./source-place.ts";

/** Turns an answer, piece by piece, into text and citations. */
export interface CheckedCitations {
  push(text: string): AnswerPart[];
  end(): AnswerPart[];
}

/**
 * Finds the citations of an answer, and checks them against the passages that were sent.
 * @param sent the passages as the model got them
 * @param kept the same passages with the texts of their sources
 * @param mode whether and how citations must quote
 */
export function checkCitations(
  sent: readonly PromptedContext[],
  kept: readonly FittedContext[],
  mode: ResolvedOptions["strictCitations"],
): CheckedCitations {
  const scanner = createCitationScanner(
    sent.length,
    mode && { mode, find: (n, quote) => findQuote(sent[n - 1]?.text ?? "", quote) },
  );
  const placeOf = (n: number, place: Place | undefined): Place | undefined => {
    const source = kept[n - 1]?.context;
    return place && source && sourcePlace(source, place);
  };
  const resolved = (part: ScannedPart): AnswerPart => {
    if (part.type !== "citation") return part;
    const { n, quote, place } = part;
    const { sourceType, sourceId, title, ...passage } = sent[n - 1] as PromptedContext;
    const { start, end } = placeOf(n, place) ?? passage;
    return { type: "citation", n, sourceType, sourceId, title, start, end, ...(quote && { quote }) };
  };
  return {
    push: (text) => scanner.push(text).map(resolved),
    end: () => scanner.end().map(resolved),
  };
}
