import { judge } from "./capture-events.ts";
import { createEventBuffer, type EventBuffer } from "./event-buffer.ts";
import type { EventStore } from "./event-store.ts";
import type { LostEvent, Settings } from "./options.ts";
import { type PreparedEvent, prepareEvent } from "./prepare-event.ts";
import type { RequestContext } from "./request-context.ts";
import { type AnalyticsStats, countOutcome } from "./stats.ts";

/** What became of a buffered event: `lost` where the buffer was full or closed. */
export interface BufferedResult {
  /** The event's id, also where it was not kept. */
  id: string;
  outcome: "buffered" | "invalid" | "lost";
}

/** Events that are taken at once and written soon. */
export interface BufferedCapture {
  capture(input: unknown, request: RequestContext): BufferedResult;
  flush(timeoutMs: number): Promise<{ remaining: number }>;
  close(timeoutMs: number): Promise<{ remaining: number }>;
  size(): number;
}

export function createBufferedCapture(
  settings: Settings,
  store: EventStore,
  stats: AnalyticsStats,
): BufferedCapture {
  let isClosed = false;

  const lose = (lost: LostEvent) => {
    stats.lost++;
    quietly(() => settings.onLost(lost));
  };
  const buffer: EventBuffer = createEventBuffer(store, settings.buffer, {
    written: (outcomes) => {
      for (const outcome of outcomes.values()) countOutcome(stats, outcome);
    },
    refused: ({ id, event }, error) => lose({ id, event, reason: "refused", error }),
    failed: (error) => quietly(() => settings.onWriteFailed(error)),
  });

  return {
    capture(input, request) {
      const prepared = prepareEvent(input, settings, request);
      const { id, row } = judge(
        prepared instanceof Promise ? unanswered(settings) : prepared,
        0,
        settings,
        stats,
      );
      if (row === undefined) {
        stats.dropped++;
        return { id, outcome: "invalid" };
      }
      if (buffer.add(row)) return { id, outcome: "buffered" };
      lose({ id, event: row.event, reason: isClosed ? "closed" : "full" });
      return { id, outcome: "lost" };
    },
    flush: buffer.flush,
    close(timeoutMs) {
      isClosed = true;
      return buffer.close(timeoutMs);
    },
    size: buffer.size,
  };
}

/** Instead of an event whose schema answers a promise, for which a call that returns at once cannot wait. */
const unanswered = ({ generateId }: Settings): PreparedEvent => ({
  id: generateId(),
  event: undefined,
  row: undefined,
  issues: [
    {
      path: "event",
      received: "a schema that answers a promise",
      message: "an event whose schemas answer at once; capture it with capture, which waits",
    },
  ],
});

/** A host's callback must not end what calls it. */
function quietly(call: () => unknown): void {
  try {
    call();
  } catch {
    // Its own business.
  }
}
