import { type DestinationReader, type HoldingsRange, readFailed } from "./destination-reader.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * All ids that a destination has of a range, each once.
 * @throws {AnalyticsError} READ_FAILED where the reader keeps no order: an id that came late would seem missing
 */
export async function* holdingsOf(
  reader: DestinationReader,
  range: Omit<HoldingsRange, "after">,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let after: string | undefined;
  while (true) {
    signal.throwIfAborted();
    const ids = await reader.listIds({ ...range, after }, { signal });
    if (ids.length === 0) return;
    const first = after;
    for (const raw of ids) {
      const id = String(raw).toLowerCase();
      if (!uuid.test(id)) throw readFailed("AN_ID_THAT_IS_NO_UUID");
      if (id === after && id !== first) continue;
      if (after !== undefined && id <= after) throw readFailed("IDS_OUT_OF_ORDER");
      after = id;
      yield id;
    }
  }
}
