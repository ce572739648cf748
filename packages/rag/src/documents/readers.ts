import { decodeText } from "./decode-text.ts";
import { readHtml } from "./read-html.ts";
import { readMarkdown } from "./read-markdown.ts";
import { readPdf } from "./read-pdf.ts";
import type { DocumentReader } from "./reader.ts";

const readText: DocumentReader = (bytes, { charset }) => ({ text: decodeText(bytes, charset) });

const builtIn: ReadonlyMap<string, DocumentReader> = new Map([
  ["text/markdown", readMarkdown],
  ["text/html", readHtml],
  ["application/xhtml+xml", readHtml],
  ["application/pdf", readPdf],
]);

/** The reader of a media type: the caller's, else ours; any other `text/…` is taken as it is. */
export function readerOf(
  mimeType: string,
  own: Readonly<Record<string, DocumentReader>>,
): DocumentReader | undefined {
  if (Object.hasOwn(own, mimeType)) return own[mimeType];
  return builtIn.get(mimeType) ?? (mimeType.startsWith("text/") ? readText : undefined);
}
