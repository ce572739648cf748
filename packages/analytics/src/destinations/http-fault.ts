import type { DeliveryFault } from "../ports.ts";

/**
 * What a status that is not 2xx blames. Only 400 and 422 speak of the events, and 413 of their size. All else speaks
 * of the request or the service, a wrong key (401) or address (404) and redirects among them: events that waited
 * would be put aside by thousands for a fault of the configuration.
 */
export function faultOfStatus(status: number, retryAfter: string | null, now: Date): DeliveryFault {
  const reason = `HTTP ${status}`;
  if (status === 413) return { blames: "size", reason };
  if (status === 400 || status === 422) return { blames: "events", reason };
  return { blames: "destination", reason, retryAfterMs: retryAfterMsOf(retryAfter, now) };
}

/** `Retry-After` in seconds or as a date; undefined where there is none to read. */
export function retryAfterMsOf(header: string | null, now: Date): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** The code of a request that got no answer: `ECONNREFUSED`, `UND_ERR_SOCKET`, else `NO_ANSWER`. Never a message. */
export function faultOfConnection(error: unknown): DeliveryFault {
  const codes = [error, (error as { cause?: unknown } | null)?.cause].map(
    (source) => (source as { code?: unknown } | null | undefined)?.code,
  );
  const code = codes.find((code) => typeof code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(code));
  return { blames: "destination", reason: code === undefined ? "NO_ANSWER" : String(code) };
}
