import { type Check, checkInteger } from "../check-option.ts";
import type { Fetch } from "./post-batch.ts";

/** What the destinations that speak HTTP have in common. */
export interface HttpDestinationOptions {
  /** Most events of a request, 1 to 1,000. Default 500. */
  maxEvents?: number;
  /** Most bytes of a request before compression, 10,000 to 20,000,000. Default 5,000,000. */
  maxBytes?: number;
  /** How long a request may take, its answer included, in milliseconds, 100 to 60,000. Default 15,000. */
  timeoutMs?: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
  /** Default: the system's clock. */
  now?: () => Date;
}

/** @throws {AnalyticsError} INVALID_OPTION */
export function resolveHttpOptions(
  check: Check,
  {
    maxEvents = 500,
    maxBytes = 5_000_000,
    timeoutMs = 15_000,
    fetch = globalThis.fetch,
    now = () => new Date(),
  }: HttpDestinationOptions,
): Required<HttpDestinationOptions> {
  checkInteger(check, "maxEvents", maxEvents, 1, 1_000);
  checkInteger(check, "maxBytes", maxBytes, 10_000, 20_000_000);
  checkInteger(check, "timeoutMs", timeoutMs, 100, 60_000);
  check("fetch", fetch, "a function", typeof fetch === "function");
  check("now", now, "a function", typeof now === "function");
  return { maxEvents, maxBytes, timeoutMs, fetch, now };
}

/** An http(s) URL without user and password, which `fetch` refuses. @throws {AnalyticsError} INVALID_OPTION */
export function resolveUrl(check: Check, option: string, value: unknown): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const usable =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  check(option, value, "an http or https URL without user and password", usable);
  return url as URL;
}
