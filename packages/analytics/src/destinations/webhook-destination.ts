import { createHmac } from "node:crypto";
import { checkFor } from "../check-option.ts";
import type { DeliveredEvent, Destination } from "../ports.ts";
import { isPlainObject } from "../storable.ts";
import { libraryVersion } from "../version.ts";
import { type HttpDestinationOptions, resolveHttpOptions, resolveUrl } from "./http-options.ts";
import { postBatch } from "./post-batch.ts";

export interface WebhookDestinationOptions extends HttpDestinationOptions {
  /** Where to POST. It is in no error. */
  url: string;
  /** Sent with each request, such as `authorization`. */
  headers?: Readonly<Record<string, string>>;
  /** Signs each request; at least 16 characters. Default: no signature. */
  secret?: string;
  /** A JSON array, or a line of JSON for each event (`application/x-ndjson`). Default `array`. */
  format?: "array" | "lines";
}

/**
 * Any service that takes JSON by POST. 2xx says that all events of the request were taken; 400 and 422 that some of
 * them never will be; 413 that they are too many; all else that they shall come again.
 *
 * With `secret` a request has `x-devora-timestamp` (Unix seconds) and `x-devora-signature`: `v1=` and the hexadecimal
 * HMAC-SHA256 of timestamp, a full stop and the body. Receivers compare it in constant time, refuse old timestamps,
 * and take an event of an id that they know already as taken.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 */
export function webhookDestination({
  url,
  headers = {},
  secret,
  format = "array",
  ...httpOptions
}: WebhookDestinationOptions): Destination {
  const check = checkFor("webhookDestination");
  const { href } = resolveUrl(check, "url", url);
  const areHeaders = isPlainObject(headers) && Object.entries(headers).every(isHeader);
  check("headers", headers, "names and texts that HTTP headers can have", areHeaders);
  const isSecret = secret === undefined || (typeof secret === "string" && secret.length >= 16);
  check("secret", secret, "at least 16 characters", isSecret);
  check("format", format, "array or lines", format === "array" || format === "lines");
  // In lower case, so that ours replace them.
  const given = Object.fromEntries(new Headers(headers));
  const { maxEvents, maxBytes, ...http } = resolveHttpOptions(check, httpOptions);

  return {
    maxEvents,
    maxBytes,
    async send(events, { signal }) {
      const texts = events.map((event) => JSON.stringify(webhookEvent(event)));
      const body = format === "lines" ? `${texts.join("\n")}\n` : `[${texts.join(",")}]`;
      await postBatch({
        ...http,
        url: href,
        headers: {
          "user-agent": `devora-analytics/${libraryVersion}`,
          ...given,
          "content-type": format === "lines" ? "application/x-ndjson" : "application/json",
          ...(secret === undefined ? {} : signatureOf(body, secret, http.now())),
        },
        body,
        signal,
      });
    },
  };
}

/** The snake_case form of an event, as its row has it. */
const webhookEvent = ({ id, event, distinctId, sessionId, occurredAt, ...facts }: DeliveredEvent) => ({
  id,
  event,
  distinct_id: distinctId,
  session_id: sessionId,
  occurred_at: occurredAt.toISOString(),
  properties: facts.properties,
  context: facts.context,
});

function signatureOf(body: string, secret: string, now: Date): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { "x-devora-timestamp": timestamp, "x-devora-signature": `v1=${digest}` };
}

function isHeader([name, value]: [string, unknown]): boolean {
  try {
    new Headers({ [name]: value as string });
    return typeof value === "string";
  } catch {
    return false;
  }
}
