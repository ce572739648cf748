import { createWriteStream, mkdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { DetachedMonth } from "../partitions.ts";

/**
 * Writes a month to `<folder>/<partition>.jsonl.gz`, a line of JSON per event.
 * The file gets its name when it is complete and on the disk, so that a broken archive never looks whole.
 */
export const archiveInto =
  (folder: string) =>
  async ({ partition, lines }: DetachedMonth): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${partition}.jsonl.gz`);
    await pipeline(withLineBreaks(lines), createGzip(), createWriteStream(`${file}.part`, { flush: true }));
    await rename(`${file}.part`, file);
  };

async function* withLineBreaks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
