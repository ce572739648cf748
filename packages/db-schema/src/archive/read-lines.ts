import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { invalidArchive, type Manifest } from "./manifest.ts";

const lineBreak = 0x0a;

/** Chunks of a compressed file's text. @throws {SchemaError} INVALID_ARCHIVE where it cannot be read or unpacked */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const unpacked = createGunzip({ chunkSize: 65_536 });
  source.once("error", (error) => unpacked.destroy(error));
  try {
    yield* source.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (cause) {
    const code = String((cause as { code?: unknown }).code ?? "no code");
    throw invalidArchive(file, `it cannot be read to its end (${code})`, { cause });
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

/** What a file holds: counted and hashed as a stream. */
export async function digestOf(file: string): Promise<Pick<Manifest, "events" | "sha256">> {
  const hash = createHash("sha256");
  let events = 0;
  for await (const chunk of chunksOf(file)) {
    hash.update(chunk);
    for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, at + 1)) events++;
  }
  return { events, sha256: hash.digest("hex") };
}

/**
 * Reads an archive to its end.
 * @throws {SchemaError} INVALID_ARCHIVE when it is not what was written: cut short, changed, or another month's
 */
export async function assertWhole(file: string, manifest: Manifest): Promise<void> {
  const { events, sha256 } = await digestOf(file);
  if (events !== manifest.events) {
    throw invalidArchive(file, `it has ${events} lines, and its manifest says ${manifest.events}`);
  }
  if (sha256 !== manifest.sha256) throw invalidArchive(file, "its checksum is not the one of its manifest");
}

/** The lines of a compressed file, in batches as they come; memory is that of a batch. */
export async function* lineBatchesOf(file: string): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  for await (const chunk of chunksOf(file)) {
    const end = chunk.lastIndexOf(lineBreak);
    if (end < 0) {
      rest.push(chunk);
      continue;
    }
    const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString("utf8");
    rest = [chunk.subarray(end + 1)];
    yield text.split("\n");
  }
}
