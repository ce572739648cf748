import { checkFor, checkInteger } from "../check-option.ts";
import { deliveryFailed } from "../errors.ts";
import type { Destination } from "../ports.ts";
import { libraryVersion } from "../version.ts";
import { type HttpDestinationOptions, resolveHttpOptions, resolveUrl } from "./http-options.ts";
import { postBatch } from "./post-batch.ts";
import { segmentMessage } from "./segment-event.ts";

export interface SegmentDestinationOptions extends HttpDestinationOptions {
  /** Default `https://api.segment.io`; `https://events.eu1.segmentapis.com`, or RudderStack's data plane. */
  host?: string;
  /** The source's write key. It is in no error. */
  writeKey: string;
  /** Most bytes of a request, by the JSON of its events as they are kept, 10,000 to 500,000. Default 400,000. */
  maxBytes?: number;
}

/** Segment's own limits, of a message and of a request. */
const maxMessageBytes = 32 * 1024;
const maxBatchBytes = 500 * 1000;

/**
 * Segment's `POST /v1/batch`, which RudderStack and others take too. A message has its event's id and time however
 * often it is sent, by which Segment drops what came twice. What Segment would refuse for its size, a message of more
 * than 32 KiB or a request of more than 500 kB, is refused here, so that it costs no other event.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 *
 * @example
 * createDeliveryWorker({ db, destinations: { segment: segmentDestination({ writeKey }) } }).start();
 */
export function segmentDestination({
  host = "https://api.segment.io",
  writeKey,
  maxBytes = 400_000,
  ...httpOptions
}: SegmentDestinationOptions): Destination {
  const check = checkFor("segmentDestination");
  const base = resolveUrl(check, "host", host);
  const url = new URL(`${base.pathname.replace(/\/+$/, "")}/v1/batch`, base).href;
  check("writeKey", writeKey, "a text that is not empty", typeof writeKey === "string" && writeKey !== "");
  checkInteger(check, "maxBytes", maxBytes, 10_000, maxBatchBytes);
  const { maxEvents, ...http } = resolveHttpOptions(check, { ...httpOptions, maxBytes });
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;

  return {
    maxEvents,
    maxBytes,
    async send(events, { signal }) {
      const messages = events.map((event) => JSON.stringify(segmentMessage(event)));
      if (messages.some((message) => Buffer.byteLength(message) > maxMessageBytes)) {
        throw deliveryFailed({ blames: "events", reason: "EVENT_TOO_LARGE" });
      }
      const body = `{"batch":[${messages.join(",")}],"sentAt":"${http.now().toISOString()}"}`;
      if (Buffer.byteLength(body) > maxBatchBytes) {
        throw deliveryFailed({ blames: "size", reason: "BATCH_TOO_LARGE" });
      }
      await postBatch({
        ...http,
        url,
        headers: {
          authorization,
          "content-type": "application/json",
          "user-agent": `devora-analytics/${libraryVersion}`,
        },
        body,
        signal,
      });
    },
  };
}
