import type { DomNode, FormatCallback, HtmlToTextOptions } from "html-to-text";
import { decodeText } from "./decode-text.ts";
import { optionalPackage } from "./optional-package.ts";
import { firstHeading } from "./read-markdown.ts";
import type { DocumentReader } from "./reader.ts";

/**
 * The main part of a page as Markdown, by html-to-text: what stands in `<main>` where there is one, without
 * navigation, footers, scripts, styles, forms and what is marked as hidden. Links keep their words alone.
 */
export const readHtml: DocumentReader = async (bytes, { charset, mimeType }) => {
  const convert = await converter(mimeType);
  const html = decodeText(bytes, charset ?? declaredCharset(bytes));
  const text = convert(html);
  const title = titleElement.exec(html)?.[1];
  return { title: (title && convert(title).trim()) || firstHeading(text), text };
};

let compiled: ((html: string) => string) | undefined;

/** Compiling the rules takes longer than a short page does. */
async function converter(mimeType: string): Promise<(html: string) => string> {
  if (compiled !== undefined) return compiled;
  const { compile } = await optionalPackage("html-to-text", mimeType, () => import("html-to-text"));
  compiled = compile(options);
  return compiled;
}

/** Bounded, because an unclosed tag, many times over, would be searched to the end of the page each time. */
const titleElement = /<title(?:\s[^>]{0,200})?>([^<]{1,1000})/i;

/** What `<meta charset>` or its `http-equiv` form says in the first 1,024 bytes, where browsers look. */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString(
    "latin1",
  );
  const label = /<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1];
  // Whoever could read this tag byte by byte does not read UTF-16; the standard takes it for UTF-8.
  return label !== undefined && /^utf-16/i.test(label) ? "utf-8" : label;
}

const heading: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addLiteral(`${"#".repeat(Number(element.name?.slice(1)))} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

const fencedCode: FormatCallback = (element, _walk, builder) => {
  const code = textOf(element).replace(/^\n|\n$/g, "");
  const longest = (code.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = "`".repeat(longest + 1);
  builder.openBlock({ leadingLineBreaks: 2, isPre: true });
  builder.addLiteral(`${fence}\n${code}\n${fence}`);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** Rows become lines with a bar between cells. */
const tableRow: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 1 });
  const cells = element.children.filter(({ name }) => name === "td" || name === "th");
  for (const cell of cells) {
    builder.addInline("| ");
    walk(cell.children, builder);
    builder.addInline(" ");
  }
  builder.addInline("|");
  builder.closeBlock({ trailingLineBreaks: 1 });
};

const imageText: FormatCallback = (element, _walk, builder) => {
  builder.addInline(` ${element.attribs?.alt ?? ""} `);
};

/** Text below a node, without recursion: pages may nest deeper than the stack. */
function textOf(root: DomNode): string {
  const waiting: DomNode[] = [root];
  let text = "";
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "text") text += node.data ?? "";
    else if (node.name === "br") text += "\n";
    else if (node.children) waiting.push(...node.children.toReversed());
  }
  return text;
}

/** Beside scripts and styles, which html-to-text takes for no elements of the page. */
const skipped = [
  ..."head title noscript template svg math iframe object embed canvas audio video map".split(" "),
  ..."nav footer form button select textarea input dialog hr".split(" "),
  "[hidden]",
  '[aria-hidden="true"]',
  '[role="navigation"]',
  '[style*="display:none"]',
  '[style*="display: none"]',
  '[style*="visibility:hidden"]',
  '[style*="visibility: hidden"]',
];
const blocks =
  "article aside section main header div address figure figcaption details summary dl dt dd".split(" ");

const options: HtmlToTextOptions = {
  wordwrap: false,
  baseElements: { selectors: ["main", '[role="main"]'], orderBy: "occurrence" },
  // Deeper levels are left out: no page that a person wrote has them, and they would overflow the stack.
  limits: { maxDepth: 300, ellipsis: "" },
  formatters: { heading, fencedCode, tableRow, imageText },
  selectors: [
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, format: "heading" })),
    ...blocks.map((selector) => ({
      selector,
      format: "block",
      options: { leadingLineBreaks: 2, trailingLineBreaks: 2 },
    })),
    { selector: "pre", format: "fencedCode" },
    { selector: "code", format: "inlineSurround", options: { prefix: "`", suffix: "`" } },
    { selector: "table", format: "block", options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    { selector: "tr", format: "tableRow" },
    { selector: "a", format: "inline" },
    { selector: "img", format: "imageText" },
    { selector: "ul", options: { itemPrefix: "- " } },
    ...skipped.map((selector) => ({ selector, format: "skip" })),
  ],
};
