/** Bounds of one document; one beyond them is in `failed` as `TOO_LARGE` or `TOO_SLOW`. */
export interface DocumentLimits {
  /** Most bytes before it is read. Default 20,000,000. */
  readonly bytes?: number;
  /** Most UTF-16 code units of its text. Default 2,000,000. */
  readonly characters?: number;
  /** Most pages of a PDF. Default 2,000. */
  readonly pages?: number;
  /** Milliseconds to fetch and read it. Default 60,000. */
  readonly readMs?: number;
}

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
