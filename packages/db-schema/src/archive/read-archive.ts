import { type ArchivedEvent, decodeLine } from "./archived-event.ts";
import { readManifest } from "./manifest.ts";
import { assertWhole, lineBatchesOf } from "./read-lines.ts";

export type { ArchivedEvent } from "./archived-event.ts";

/**
 * The events of an archive that {@link archiveTo} wrote, in order of their ids, without a database. The file is read
 * twice: nothing of one that is not whole is given out. Memory is that of a few events.
 *
 * @param file `…/analytics_events_y2026m01.ndjson.gz`, its manifest beside it
 * @throws {SchemaError} INVALID_ARCHIVE when it was cut short or changed, has no manifest, or one of another version;
 *   for a line that is no event with its number
 *
 * @example
 * for await (const { event, occurredAt } of readArchive("old/analytics_events_y2026m01.ndjson.gz")) count(event);
 */
export async function* readArchive(file: string): AsyncGenerator<ArchivedEvent> {
  await assertWhole(file, await readManifest(file));
  for await (const { event } of eventsOf(file)) yield event;
}

/** The events of a file that was found whole, each with its line, which has all digits of its numbers. */
export async function* eventsOf(file: string): AsyncGenerator<{ event: ArchivedEvent; line: string }> {
  let number = 0;
  for await (const lines of lineBatchesOf(file)) {
    for (const line of lines) yield { event: decodeLine(file, line, ++number), line };
  }
}
