import { once } from "node:events";
import type { Response } from "express";

/** A stream of server-sent events. */
export interface EventStream {
  /** Sends one event, and waits while the reader is slower than the stream. */
  send(event: string, data: unknown): Promise<void>;
  end(): void;
}

export function openEventStream(response: Response): EventStream {
  response
    .status(200)
    .set({ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  response.flushHeaders();
  // A reader that goes away closes the response: then nothing drains.
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  return {
    send: async (event, data) => {
      if (closed.signal.aborted) return;
      if (!response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
        await once(response, "drain", { signal: closed.signal }).catch(() => {});
    },
    end: () => void response.end(),
  };
}
