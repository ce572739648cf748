import { deliveryFailed } from "../errors.ts";
import { faultOfConnection, faultOfStatus } from "./http-fault.ts";

/** `fetch`, or what a test or a proxy puts in its place. */
export type Fetch = typeof globalThis.fetch;

export interface PostBatch {
  fetch: Fetch;
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
  timeoutMs: number;
  signal: AbortSignal;
  now: () => Date;
}

/** An answer is read so that its connection can be used again, and because nobody asked for it no further. */
const maxAnswerBytes = 64 * 1024;

/**
 * Sends one request and resolves when its status is 2xx, whatever the body says or becomes of it. Redirects are not
 * followed: the events may not be meant for where they lead.
 *
 * @throws {AnalyticsError} DELIVERY_FAILED, without the error of `fetch`, which may hold the request with its keys
 * @throws the signal's reason, when it aborts before the status is known
 */
export async function postBatch({
  fetch,
  url,
  timeoutMs,
  signal,
  now,
  ...request
}: PostBatch): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    ...request,
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.any([signal, timeout]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (timeout.aborted) throw deliveryFailed({ blames: "destination", reason: "TIMEOUT" });
    throw deliveryFailed(faultOfConnection(error));
  });
  await discardBody(response);
  if (response.status >= 200 && response.status < 300) return;
  throw deliveryFailed(faultOfStatus(response.status, response.headers.get("retry-after"), now()));
}

async function discardBody({ body }: Response): Promise<void> {
  if (body === null) return;
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) break;
    }
  } catch {
    // The status has said all.
  }
}
