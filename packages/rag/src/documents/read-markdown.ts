import { type CodeFence, fenceAfter } from "../code-fence.ts";
import { decodeText } from "./decode-text.ts";
import type { DocumentReader } from "./reader.ts";
import { storedText } from "./stored-text.ts";

/** Markdown as it is, without its front matter; titled by the front matter, else by its first heading. */
export const readMarkdown: DocumentReader = (bytes, { charset }) => {
  const { title, text } = splitFrontMatter(storedText(decodeText(bytes, charset)));
  return { title: title ?? firstHeading(text), text };
};

/** Takes YAML between `---` lines off the beginning, if that is what stands there. */
function splitFrontMatter(text: string): { title?: string | undefined; text: string } {
  const [whole, lines = ""] = /^---[ \t]*\n([\s\S]*?\n)?---[ \t]*(?:\n|$)/.exec(text) ?? [];
  // Between two thematic breaks stands prose, not `key: value`.
  if (whole === undefined || !/^(?:\s|#.*\n)*[\w-]+[ \t]*:/.test(lines)) return { text };
  const title = /^title[ \t]*:(.*)$/m.exec(lines)?.[1]?.trim();
  return { title: unquoted(title), text: text.slice(whole.length) };
}

function unquoted(value: string | undefined): string | undefined {
  const text = /^(["'])(.*)\1$/.exec(value ?? "")?.[2] ?? value;
  return text === "" ? undefined : text;
}

/** The text of the first heading outside fenced code, `# like this` or underlined with `=`. */
export function firstHeading(text: string): string | undefined {
  let fence: CodeFence | undefined;
  let before = "";
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end);
    start = end === -1 ? text.length : end + 1;
    const isCode = fence !== undefined;
    fence = fenceAfter(fence, line);
    if (isCode || fence !== undefined) continue;
    const heading = /^ {0,3}#{1,6}[ \t]+(.{1,500})/.exec(line)?.[1]?.replace(/[ \t]+#*[ \t]*$/, "");
    if (heading) return heading;
    if (before.trim() !== "" && /^ {0,3}=+[ \t]*$/.test(line)) return before.trim();
    before = line;
  }
  return undefined;
}
