import { type Cuts, isBlank, linesOf, type Span } from "./spans.ts";

const commentOrDecorator = /^\s*(?:\/\/|\/\*|\*|#|--|;;|<!--|@)/;
const closing = /^\s*(?:[)}\]]|end\b)/;

/** Before each declaration that starts in the first column after a blank line, together with its comment. */
export const topLevelCuts: Cuts = (text, span) => blockCuts(text, span, (line) => /^\S/.test(line));

/** At each blank line, a comment staying with what follows it. */
export const blankLineCuts: Cuts = (text, span) => blockCuts(text, span, () => true);

function blockCuts(text: string, span: Span, mayBegin: (line: string) => boolean): number[] {
  const cuts: number[] = [];
  let afterBlank = false;
  // A block of comments and decorators alone belongs to the block after it.
  let onlyComments = true;
  for (const lineSpan of linesOf(text, span)) {
    if (isBlank(text, lineSpan)) {
      afterBlank = true;
      continue;
    }
    const line = text.slice(lineSpan.start, lineSpan.end);
    if (afterBlank && !onlyComments && mayBegin(line) && !closing.test(line)) {
      cuts.push(lineSpan.start);
      onlyComments = true;
    }
    onlyComments &&= commentOrDecorator.test(line);
    afterBlank = false;
  }
  return cuts;
}
