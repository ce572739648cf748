import { decodeText } from "./decode-text.ts";
import type { DocumentLimits } from "./options.ts";
import { readHtml } from "./read-html.ts";
import { readMarkdown } from "./read-markdown.ts";
import { readPdf } from "./read-pdf.ts";

/** What a reader makes of a document. */
export interface ReadDocument {
  readonly title?: string | undefined;
  /** Its text; headings as in Markdown, where it has some. */
  readonly text: string;
}

/** What a reader is told beside the bytes. */
export interface ReaderCall {
  readonly uri: string;
  /** Without parameters, in lower case. */
  readonly mimeType: string;
  /** The encoding that the document's `mimeType` declares. */
  readonly charset: string | undefined;
  /** Aborted when the run is, and when the time for this document is over. */
  readonly signal: AbortSignal;
  readonly limits: Required<DocumentLimits>;
}

/** Makes text of a document's bytes. What it throws makes the document fail as `UNREADABLE`; the run goes on. */
export type DocumentReader = (bytes: Uint8Array, call: ReaderCall) => ReadDocument | Promise<ReadDocument>;

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
