import type { Language } from "./text-language.ts";

/** What a document holds, as its source has it. */
export type DocumentContent = string | Uint8Array;

/** A document as a source gives it. */
export interface SourceDocument {
  /** Where it comes from, 1 to 2,000 bytes: what tells it from the owner's other documents, and what citations show. */
  readonly uri: string;
  /** Default: what the document says of itself (front matter, heading, `<title>`), else the end of its uri. */
  readonly title?: string | undefined;
  /** Such as `text/html; charset=iso-8859-1`. Default by the extension of `uri`, else `text/plain`. */
  readonly mimeType?: string | undefined;
  /** Default: told from its words. */
  readonly language?: Language | undefined;
  /**
   * The content, or a function that fetches it when its turn comes. When the function throws, this document has
   * failed and the run goes on.
   */
  readonly content: DocumentContent | ((call: ContentCall) => DocumentContent | Promise<DocumentContent>);
  /**
   * When it last changed, for `recency`. Taken over when the document is new or its content changed; another date
   * alone changes nothing. Default: now.
   */
  readonly updatedAt?: Date | undefined;
}

/** What a function of content is given. */
export interface ContentCall {
  /** Aborted when the run is, and when the time for this document is over. */
  readonly signal: AbortSignal;
  /** Content beyond this many bytes is refused, so there is no use in fetching more. */
  readonly maxBytes: number;
}

/** Documents, one after another: an array, a generator, `folderDocuments` or `sitemapDocuments`. */
export type DocumentSource = Iterable<SourceDocument> | AsyncIterable<SourceDocument>;
