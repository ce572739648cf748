import { isDatabaseError } from "@devora/db-schema";
import type { BufferSettings } from "./buffer-options.ts";
import type { EventRow } from "./event.ts";
import type { EventStore, Outcomes } from "./event-store.ts";

/** Events in memory on their way to the database. */
export interface EventBuffer {
  /** False when there is no room, or the buffer is closed: then the event is lost. */
  add(row: EventRow): boolean;
  /**
   * Resolves when all that was added before is written, or refused by the database, or `timeoutMs` have passed; with
   * the number of events that are still in memory.
   */
  flush(timeoutMs: number): Promise<{ remaining: number }>;
  /** {@link flush}, after which nothing is taken, and nothing is written any more. */
  close(timeoutMs: number): Promise<{ remaining: number }>;
  /** Events in memory, those being written among them. */
  size(): number;
}

/** What is told of each write. */
export interface BufferReports {
  written(outcomes: Outcomes): void;
  /** The database can never take this event. */
  refused(row: EventRow, error: unknown): void;
  /** A write failed and will be repeated. */
  failed(error: unknown): void;
}

interface Waiting {
  readonly row: EventRow;
  readonly bytes: number;
}

/** What a row takes besides its properties: its other columns and its place. */
const rowBytes = 1_000;
const firstRetryMs = 100;
const longestRetryMs = 10_000;

/**
 * Writes one statement at a time: as soon as a batch is full, and at the latest `flushIntervalMs` after an event came.
 * A failed write is repeated, with growing waits, until the database takes it, which harms nothing because an id is
 * kept once; meanwhile events wait here, up to the bounds. What the database can never take is found by halving.
 * The waits keep the process alive, so that one that ends by itself loses nothing.
 */
export function createEventBuffer(
  store: Pick<EventStore, "write">,
  { maxEvents, maxBytes, batchSize, flushIntervalMs, sleep }: BufferSettings,
  reports: BufferReports,
): EventBuffer {
  const waiting: Waiting[] = [];
  const stop = new AbortController();
  let bytes = 0;
  let isClosed = false;
  /** Events ever added, and ever written or refused. */
  let added = 0;
  let done = 0;
  /** Ends the wait for a batch to fill; set while that lasts. */
  let hurry: AbortController | undefined;
  let writing: Promise<void> | undefined;

  /** Begins to write, or lets what is being written go on, and resolves when less than a batch is left. */
  const write = (): Promise<void> => {
    hurry?.abort();
    hurry = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (waiting.length > 0) soon();
    });
    return writing;
  };

  const soon = () => {
    if (writing !== undefined || stop.signal.aborted) return;
    if (waiting.length >= batchSize) return void write();
    if (hurry !== undefined) return;
    hurry = new AbortController();
    void sleep(flushIntervalMs, hurry.signal).then(write, () => {});
  };

  async function writeAll(): Promise<void> {
    do {
      const batch = waiting.slice(0, batchSize);
      if (!(await writeBatch(batch.map(({ row }) => row)))) return;
      // Only now: what is being written still counts in the bounds.
      waiting.splice(0, batch.length);
      done += batch.length;
      for (const event of batch) bytes -= event.bytes;
    } while (waiting.length >= batchSize);
  }

  /** Answers whether all were written or refused; only a closing buffer gives up. */
  async function writeBatch(rows: readonly EventRow[]): Promise<boolean> {
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(longestRetryMs, waitMs * 2)) {
      if (stop.signal.aborted) return false;
      try {
        reports.written(await store.write(rows, {}));
        return true;
      } catch (error) {
        if (isOfData(error)) return halve(rows, error);
        reports.failed(error);
        await sleep(jitter(waitMs), stop.signal).catch(() => {});
      }
    }
  }

  async function halve(rows: readonly EventRow[], error: unknown): Promise<boolean> {
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      reports.refused(only, error);
      return true;
    }
    const middle = Math.ceil(rows.length / 2);
    return (await writeBatch(rows.slice(0, middle))) && (await writeBatch(rows.slice(middle)));
  }

  /** What was added before; others go on adding. */
  async function writeAdded(): Promise<void> {
    const last = added;
    while (done < last && !stop.signal.aborted) await write();
  }

  async function flush(timeoutMs: number): Promise<{ remaining: number }> {
    const deadline = new AbortController();
    await Promise.race([writeAdded(), sleep(timeoutMs, deadline.signal).catch(() => {})]);
    deadline.abort();
    return { remaining: waiting.length };
  }

  return {
    add(row) {
      const needed = rowBytes + JSON.stringify(row.properties).length;
      if (isClosed || waiting.length >= maxEvents || bytes + needed > maxBytes) return false;
      waiting.push({ row, bytes: needed });
      added++;
      bytes += needed;
      soon();
      return true;
    },
    flush,
    async close(timeoutMs) {
      isClosed = true;
      const left = await flush(timeoutMs);
      stop.abort();
      hurry?.abort();
      return left;
    },
    size: () => waiting.length,
  };
}

/** Half to all of it, by chance: processes that failed together do not come back together. */
const jitter = (ms: number): number => ms * (0.5 + Math.random() / 2);

/** Classes 22 (data), 23 (constraints) and 54 (limits): the same event fails again. All else may be mended meanwhile. */
const isOfData = (error: unknown): boolean =>
  isDatabaseError(error) && /^(22|23|54)/.test(error.sqlState ?? "");
