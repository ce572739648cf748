import { createHash } from "node:crypto";
import { cleanLine, cleanText } from "../clean-text.ts";
import { codeOf, isRagError } from "../errors.ts";
import { assertSize, DocumentError, type DocumentFailureCode } from "./document-error.ts";
import { mediaTypeOf, parseMediaType } from "./media-types.ts";
import type { ResolvedIngest } from "./options.ts";
import { readInTime } from "./read-in-time.ts";
import type { ReadDocument } from "./reader.ts";
import { readerOf } from "./readers.ts";
import type { SourceDocument } from "./source-document.ts";
import { storedText } from "./stored-text.ts";
import { type Language, languages, textLanguageOf } from "./text-language.ts";

/** A document as its row is to be. */
export interface PreparedDocument {
  readonly uri: string;
  readonly title: string;
  readonly mimeType: string;
  readonly language: Language;
  readonly content: string;
  /** SHA-256 of `content`, in hexadecimal. */
  readonly contentHash: string;
  readonly updatedAt: Date | undefined;
}

/** A document that could not be taken in, and why. The message holds nothing of its text. */
export interface FailedDocument {
  readonly uri: string;
  readonly code: DocumentFailureCode;
  readonly message: string;
}

type Context = Pick<ResolvedIngest, "readers" | "limits" | "signal" | "sleep">;

/**
 * Reads one document.
 * @throws {RagError} READER_REQUIRED; the run's reason when its signal aborts. All else makes the document fail.
 */
export async function prepareDocument(
  document: SourceDocument,
  context: Context,
): Promise<PreparedDocument | FailedDocument> {
  try {
    assertDocument(document);
    return await prepare(document, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (isRagError(error)) throw error;
    return failure(String(document?.uri ?? ""), error);
  }
}

export const failure = (uri: string, error: unknown): FailedDocument =>
  error instanceof DocumentError
    ? { uri, code: error.code, message: error.message }
    : { uri, code: "UNREADABLE", message: `Its content could not be fetched or read (${codeOf(error)}).` };

async function prepare(document: SourceDocument, context: Context): Promise<PreparedDocument> {
  const { uri, updatedAt } = document;
  const { mimeType, charset } = parseMediaType(document.mimeType ?? mediaTypeOf(uri) ?? "text/plain");
  const reader = readerOf(mimeType, context.readers);
  if (!reader)
    throw new DocumentError(
      "UNKNOWN_TYPE",
      `There is no reader of ${JSON.stringify(mimeType.slice(0, 100))}. Pass one in readers.`,
    );
  const { limits, signal, sleep } = context;
  const read = await readInTime({ readMs: limits.readMs, signal, sleep }, async (timed) => {
    const content = await contentOf(document, timed, limits.bytes);
    const isText = typeof content === "string";
    const bytes = isText ? new TextEncoder().encode(content) : content;
    assertSize(bytes.byteLength, limits.bytes);
    return reader(bytes, { uri, mimeType, charset: isText ? "utf-8" : charset, signal: timed, limits });
  });
  const content = textOf(read, limits.characters);
  return {
    uri,
    title: cleanLine(document.title ?? read.title ?? "") || cleanLine(lastPartOf(uri)),
    mimeType,
    language: document.language ?? textLanguageOf(content),
    content,
    contentHash: createHash("sha256").update(content).digest("hex"),
    updatedAt,
  };
}

async function contentOf({ content }: SourceDocument, signal: AbortSignal, maxBytes: number) {
  const fetched = typeof content === "function" ? await content({ signal, maxBytes }) : content;
  if (typeof fetched === "string" || fetched instanceof Uint8Array) return fetched;
  throw new DocumentError(
    "INVALID_DOCUMENT",
    `Its content must be a text or a Uint8Array, or a function that answers one; received ${typeof fetched}.`,
  );
}

function textOf(read: ReadDocument, most: number): string {
  if (typeof read?.text !== "string")
    throw new DocumentError("UNREADABLE", "Its reader answered no { text }.");
  const text = storedText(read.text);
  if (text.length > most)
    throw new DocumentError(
      "TOO_LARGE",
      `Its text has ${text.length} characters; limits.characters is ${most}.`,
    );
  if (cleanText(text).trim() === "")
    throw new DocumentError("EMPTY", "It has no visible text. Pictures of text need a reader of your own.");
  return text;
}

/** The last segment of a path or an address, readable: titles a document that has no title. */
function lastPartOf(uri: string): string {
  const part =
    uri
      .replace(/[?#].*$/, "")
      .replace(/\/+$/, "")
      .split("/")
      .at(-1) ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function assertDocument(document: SourceDocument): void {
  const { uri, title, mimeType, language, updatedAt } = document ?? {};
  const bytes = typeof uri === "string" ? Buffer.byteLength(uri) : 0;
  const checks: [boolean, string][] = [
    [
      bytes >= 1 && bytes <= 2000 && uri.isWellFormed() && !uri.includes("\u0000"),
      "uri must be a text of 1 to 2,000 bytes without U+0000",
    ],
    [title === undefined || typeof title === "string", "title must be a text"],
    [mimeType === undefined || typeof mimeType === "string", "mimeType must be a text"],
    [language === undefined || languages.includes(language), 'language must be "fr", "en" or "simple"'],
    [
      updatedAt === undefined || !Number.isNaN(updatedAt?.getTime?.() ?? Number.NaN),
      "updatedAt must be a valid Date",
    ],
  ];
  const [wrong] = checks.filter(([valid]) => !valid);
  if (wrong) throw new DocumentError("INVALID_DOCUMENT", `Its ${wrong[1]}.`);
}
