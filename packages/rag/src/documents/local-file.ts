import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { sep } from "node:path";
import { assertSize, DocumentError } from "./document-error.ts";

/**
 * The bytes of a regular file below `root`. Links are followed only as far as they stay below it.
 *
 * @param root a real path
 * @throws {DocumentError} NOT_FOUND, OUTSIDE_ROOT, TOO_LARGE, UNREADABLE
 */
export async function readFileBelow(root: string, path: string, maxBytes: number): Promise<Uint8Array> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw notFound(cause);
  });
  if (!isBelow(root, real))
    throw new DocumentError("OUTSIDE_ROOT", "It lies outside the folder of its source.");
  // The last part may have become a link since; and opening a pipe must not wait for its writer.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(real, flags);
  try {
    return await readRegularFile(file, maxBytes);
  } finally {
    await file.close();
  }
}

export const isBelow = (root: string, path: string): boolean =>
  path.startsWith(root.endsWith(sep) ? root : root + sep);

async function readRegularFile(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const facts = await file.stat();
  if (!facts.isFile()) throw notFound();
  assertSize(facts.size, maxBytes);
  const bytes = await file.readFile();
  // It may have grown.
  assertSize(bytes.byteLength, maxBytes);
  return bytes;
}

const notFound = (cause?: unknown): DocumentError =>
  new DocumentError("NOT_FOUND", "There is no such file in the folder of its source.", cause);
