import { RagError } from "../errors.ts";

/** Why one document could not be taken in; the run goes on. */
export type DocumentFailureCode =
  /** Its `uri`, `title`, `language`, `updatedAt` or `content` is not what it must be. */
  | "INVALID_DOCUMENT"
  /** The source gave this uri before in the same run; the first stands. */
  | "DUPLICATE_URI"
  /** No reader for its type. */
  | "UNKNOWN_TYPE"
  /** Its bytes are not text in the encoding that they say, or in UTF-8. */
  | "INVALID_ENCODING"
  /** It has no visible text: a scanned PDF, for example. */
  | "EMPTY"
  /** It wants a password. */
  | "ENCRYPTED"
  /** It is broken, or its content could not be fetched. */
  | "UNREADABLE"
  /** It is beyond one of `limits`. */
  | "TOO_LARGE"
  /** It was not read within `limits.readMs`. */
  | "TOO_SLOW"
  /** A page of a sitemap has no file. */
  | "NOT_FOUND"
  /** A page of a sitemap leads out of its folder, to a hidden file, or to another site. */
  | "OUTSIDE_ROOT";

/** A document that could not be taken in. Never leaves the package: it becomes an entry of `failed`. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly code: DocumentFailureCode;

  constructor(code: DocumentFailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** A source that broke off: nothing is deleted after it, because what it did not give may still be there. */
export const sourceFailed = (message: string, cause?: unknown): RagError =>
  new RagError("SOURCE_FAILED", message, { cause });

/** @throws {DocumentError} TOO_LARGE */
export function assertSize(bytes: number, most: number): void {
  if (bytes > most) throw new DocumentError("TOO_LARGE", `It has more than ${most} bytes (limits.bytes).`);
}
