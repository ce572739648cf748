import { cleanText } from "./clean-text.ts";
import { type DroppedContext, droppedContext, type RetrievedContext } from "./contexts.ts";
import { cutText } from "./cut-text.ts";
import { markedPassage, promptEntry } from "./format-for-prompt.ts";

/** A context with the part of its text that fits. */
export interface FittedContext {
  readonly context: RetrievedContext;
  /** Cleaned; ends in a line `[…]` where it was cut. */
  readonly text: string;
  readonly end: number;
  readonly truncated: boolean;
  /** With its heading. */
  readonly tokens: number;
}

interface FitBounds {
  /** Tokens for all passages together. */
  readonly room: number;
  readonly marker: string;
  readonly count: (text: string) => number;
}

/** Less of a passage than this says too little to be worth its heading. */
const leastCutTokens = 40;
/** No text has more characters per token, blanks apart: longer ones are cut without being counted whole. */
const mostCharactersPerToken = 16;
const cutSign = "\n[…]";

/**
 * Fills the room with passages, best first: by rank and not by score per token, which was measured to be worse
 * (docs/decisions/0016). One that has no room whole is cut at the end of a line outside fenced code, to half of the
 * room or to what the passages after it leave, or left out where that is not possible.
 */
export function fitPassages(
  contexts: readonly RetrievedContext[],
  { room, marker, count }: FitBounds,
): { kept: FittedContext[]; dropped: DroppedContext[] } {
  const longest = room * mostCharactersPerToken;
  const tokensOf = (context: RetrievedContext, text: string): number =>
    count(markedPassage(marker, contexts.length, promptEntry({ ...context, text })));
  const sizes = contexts.map((context) =>
    context.text.length > longest ? Number.POSITIVE_INFINITY : tokensOf(context, context.text),
  );

  const kept: FittedContext[] = [];
  const dropped: DroppedContext[] = [];
  let left = room;
  for (const [index, context] of contexts.entries()) {
    const whole = sizes[index] ?? Number.POSITIVE_INFINITY;
    const behind = sizes.slice(index + 1).reduce((sum, size) => sum + size, 0);
    const fitted =
      whole <= left
        ? wholeContext(context, whole)
        : cutContext(context, Math.min(left, Math.max(room / 2, left - behind)));
    if (fitted === undefined) dropped.push(droppedContext(context, "budget"));
    else {
      kept.push(fitted);
      left -= fitted.tokens;
    }
  }
  return { kept, dropped };

  function wholeContext(context: RetrievedContext, tokens: number): FittedContext {
    return { context, text: cleanText(context.text), end: context.end, truncated: false, tokens };
  }

  function cutContext(context: RetrievedContext, allowed: number): FittedContext | undefined {
    if (allowed < leastCutTokens) return undefined;
    const beginning = cutText(
      context.text.slice(0, longest),
      (text) => tokensOf(context, text + cutSign) <= allowed,
    );
    if (beginning === undefined) return undefined;
    const tokens = tokensOf(context, beginning + cutSign);
    if (tokens < leastCutTokens) return undefined;
    const isOffset = context.end - context.start === context.text.length;
    return {
      context,
      text: cleanText(beginning + cutSign),
      end: isOffset ? context.start + beginning.length : context.end,
      truncated: true,
      tokens,
    };
  }
}
