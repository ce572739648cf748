import { createFenceTracker } from "./certain-fences.ts";

/** Takes Markdown piece by piece. */
export interface LinkEscaper {
  /** What is certain by now; what the next piece may change is held back, at most {@link longestSpan} characters. */
  push(text: string): string;
  /** What was held back. More may follow. */
  flush(): string;
}

/** A longer code span is not recognised as one, so that an open backtick holds back no whole answer. */
const longestSpan = 500;

/**
 * Makes links, images, reference definitions, autolinks and HTML tags of Markdown plain text, by backslashes: `](`
 * becomes `]\(`, `]:` becomes `]\:`, and `<` before anything but a blank becomes `\<`. What has its backslash stays.
 * Pieces of any size give the same text.
 *
 * Code passes untouched, where it is certain that every CommonMark renderer sees code there: fences of
 * {@link createFenceTracker}, and code spans within one line after which no backtick of the paragraph is left open.
 * Other code, such as spans over two lines or in tables, shows the backslashes.
 *
 * @see CommonMark 0.31, sections 2.4, 4.7 and 6.1 to 6.6
 */
export function createLinkEscaper(): LinkEscaper {
  let held = "";
  const fences = createFenceTracker();
  let line = "";
  /** Undefined while the line has blanks alone. */
  let isFenced: boolean | undefined;
  let afterReturn = false;
  /** A backtick of this paragraph may be open, or may belong to something else: nothing more in it is certain code. */
  let unclear = false;
  /** A `[` may still begin the label of a definition, into which code spans do not count. */
  let label = false;
  let previous: "backslash" | "bracket" | undefined;

  const newParagraph = () => {
    unclear = false;
    label = false;
  };

  const endLine = (character: string): string => {
    previous = undefined;
    const isSecondHalf = character === "\n" && afterReturn;
    afterReturn = character === "\r";
    if (isSecondHalf) return character;
    if (fences.endLine(line) || /^[ \t]*$/.test(line)) newParagraph();
    line = "";
    isFenced = undefined;
    return character;
  };

  const passing = (text: string): string => {
    line += text;
    return text;
  };

  /** The characters at `at` as they leave, and how many they were; undefined when more must be known. */
  const step = (text: string, at: number, isAll: boolean): [string, number] | undefined => {
    const character = text.charAt(at);
    if (character === "\n" || character === "\r") return [endLine(character), 1];
    afterReturn = false;
    if (character !== " " && character !== "\t") isFenced ??= fences.beginLine(line);
    if (isFenced) return [passing(character), 1];
    const before = previous;
    if (before === "backslash") {
      previous = undefined;
      return [passing(character), 1];
    }
    if (character === "`") return codeSpan(text, at, isAll);
    if (character === "<" && at + 1 === text.length && !isAll) return undefined;
    previous = character === "\\" ? "backslash" : character === "]" ? "bracket" : undefined;
    label = character === "[" || (label && character !== "]");
    passing(character);
    const opens =
      character === "<"
        ? !/\s/.test(text.charAt(at + 1))
        : before === "bracket" && (character === "(" || character === ":");
    return [opens ? `\\${character}` : character, 1];
  };

  const codeSpan = (text: string, at: number, isAll: boolean): [string, number] | undefined => {
    const span = unclear ? undefined : spanAt(text, at, isAll);
    if (span === "unfinished") return undefined;
    previous = undefined;
    // A cell of a table ends at its bar even within backticks.
    if (span !== undefined && !span.includes("|") && !(label && span.includes("]:")))
      return [passing(span), span.length];
    unclear = true;
    return [passing("`"), 1];
  };

  const take = (isAll: boolean): string => {
    let out = "";
    let at = 0;
    while (at < held.length) {
      const taken = step(held, at, isAll);
      if (taken === undefined) break;
      out += taken[0];
      at += taken[1];
    }
    held = held.slice(at);
    return out;
  };

  return {
    push(text) {
      held += text;
      return take(false);
    },
    flush: () => take(true),
  };
}

/** The code span that begins at `at` and ends within its line; undefined when there is none. */
function spanAt(text: string, at: number, isAll: boolean): string | "unfinished" | undefined {
  const reach = text.slice(at, at + longestSpan + 1);
  const isComplete = isAll || reach.length > longestSpan;
  const [body = ""] = /^[^\r\n]*/.exec(reach) ?? [];
  const hasEnded = body.length < reach.length;
  let open = 0;
  for (const run of body.matchAll(/`+/g)) {
    const end = run.index + run[0].length;
    // A run at the very end may go on.
    if (end === reach.length && !isAll) break;
    if (open === 0) open = run[0].length;
    else if (run[0].length === open) return body.slice(0, end);
  }
  return hasEnded || isComplete ? undefined : "unfinished";
}
