/** A header of a response, whether a client shows them as `Headers` or as an object. */
export function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  if ("get" in headers && typeof headers.get === "function") {
    return (headers as Headers).get(name) ?? undefined;
  }
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === "string" ? value : undefined;
}

/**
 * How long a response asks to wait, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
 * @param now  milliseconds since 1970
 */
export function retryAfterMs(headers: unknown, now: number): number | undefined {
  const ms = positive(headerOf(headers, "retry-after-ms"));
  if (ms !== undefined) return ms;
  const text = headerOf(headers, "retry-after");
  const seconds = positive(text);
  if (seconds !== undefined) return seconds * 1_000;
  const date = text === undefined || /^[-\d.]*$/.test(text.trim()) ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What is left of a limit: `remaining` now, all of `limit` after `resetMs`. */
export interface RemainingLimit {
  remaining: number;
  limit: number | undefined;
  resetMs: number;
}

/** What the headers `x-ratelimit-…-requests` or `…-tokens` say, where they are complete. */
export function remainingOf(headers: unknown, kind: "requests" | "tokens"): RemainingLimit | undefined {
  const remaining = positive(headerOf(headers, `x-ratelimit-remaining-${kind}`));
  const resetMs = durationMs(headerOf(headers, `x-ratelimit-reset-${kind}`));
  if (remaining === undefined || resetMs === undefined) return undefined;
  return { remaining, resetMs, limit: positive(headerOf(headers, `x-ratelimit-limit-${kind}`)) };
}

const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** `6m0s`, `1.5s`, `20ms`, or seconds. */
function durationMs(text: string | undefined): number | undefined {
  const seconds = positive(text);
  if (seconds !== undefined) return seconds * 1_000;
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
