/** An open fenced code block: the character and the number of its opening fence. */
export interface CodeFence {
  readonly character: string;
  readonly length: number;
}

/**
 * The fence that is open after `line`, given the one open before it.
 * @see CommonMark 0.31, section 4.5: a fence closes with at least as many of the same character and nothing after
 */
export function fenceAfter(fence: CodeFence | undefined, line: string): CodeFence | undefined {
  const [, marks = "", rest = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/s.exec(line) ?? [];
  const character = marks[0];
  if (character === undefined) return fence;
  if (fence === undefined) {
    const isInlineCode = character === "`" && rest.includes("`");
    return isInlineCode ? undefined : { character, length: marks.length };
  }
  const closes = character === fence.character && marks.length >= fence.length && /^[ \t\r]*$/.test(rest);
  return closes ? undefined : fence;
}
