import { type BufferSettings, defaultSleep } from "../buffer-options.ts";
import { checkFor, checkInteger } from "../check-option.ts";
import { type DestinationReader, type HoldingsRange, readFailed } from "../reconcile/destination-reader.ts";
import { libraryVersion } from "../version.ts";
import { faultOfConnection, faultOfStatus } from "./http-fault.ts";
import { resolveUrl } from "./http-options.ts";
import type { Fetch } from "./post-batch.ts";

export interface PosthogReaderOptions {
  /** `https://us.posthog.com`, `https://eu.posthog.com`, or your own: not the `i.posthog.com` to which events are sent. */
  host: string;
  /** The project's number, as in the address of its pages. */
  projectId: string | number;
  /** `phx_…` with the right to read queries (`query:read`). It is in no error. */
  personalApiKey: string;
  /** How long a query may take, in milliseconds, 1,000 to 300,000. Default 60,000. */
  timeoutMs?: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
  /** Default: the system's clock. */
  now?: () => Date;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default: a timer. */
  sleep?: BufferSettings["sleep"];
}

/** PostHog answers no more rows at once; a server that answers fewer is asked once more. */
const pageLimit = 50_000;
/** PostHog moves an event's time by what it believes of our clock: by how long the request took, and its own error. */
const marginMs = 10 * 60_000;
const attempts = 6;
const firstPauseMs = 2_000;
const longestPauseMs = 300_000;

/**
 * Asks PostHog's query API which events of this library it has, 50,000 at once. Waits and asks again up to five times
 * where it answers 408, 429 (as long as `Retry-After` says, five minutes at most), 5xx or nothing.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 * @see https://posthog.com/docs/api/queries
 */
export function posthogReader({
  host,
  projectId,
  personalApiKey,
  timeoutMs = 60_000,
  fetch = globalThis.fetch,
  now = () => new Date(),
  sleep = defaultSleep,
}: PosthogReaderOptions): DestinationReader {
  const check = checkFor("posthogReader");
  const base = resolveUrl(check, "host", host);
  const isIngestion = base.hostname.endsWith(".i.posthog.com");
  check("host", host, "the address of the app, such as https://eu.posthog.com, without .i.", !isIngestion);
  check("projectId", projectId, "digits, or @current", /^(\d{1,15}|@current)$/.test(String(projectId)));
  const isKey = typeof personalApiKey === "string" && /^[\x21-\x7e]+$/.test(personalApiKey);
  check("personalApiKey", personalApiKey, "a text of ASCII without spaces, not empty", isKey);
  checkInteger(check, "timeoutMs", timeoutMs, 1_000, 300_000);
  for (const [name, value] of Object.entries({ fetch, now, sleep })) {
    check(name, value, "a function", typeof value === "function");
  }
  const url = new URL(`${base.pathname.replace(/\/+$/, "")}/api/projects/${projectId}/query/`, base).href;

  const ask = async (query: string, signal: AbortSignal): Promise<readonly string[]> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout]),
        headers: {
          authorization: `Bearer ${personalApiKey}`,
          "content-type": "application/json",
          "user-agent": `devora-analytics/${libraryVersion}`,
        },
        body: bodyOf(query),
      });
      if (response.status === 200) return idsOf(await response.json());
      await response.body?.cancel();
      const fault = faultOfStatus(response.status, response.headers.get("retry-after"), now());
      throw readFailed(fault.reason, fault);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw readFailed("TIMEOUT");
      // The error of `fetch` may hold the request with its key.
      throw isReadFailure(error) ? error : readFailed(reasonOf(error));
    }
  };

  return {
    async listIds(range, { signal }) {
      const query = idsQuery(range);
      for (let attempt = 1; ; attempt++) {
        try {
          return await ask(query, signal);
        } catch (error) {
          if (!isReadFailure(error) || attempt === attempts || !mayPass(error.delivery.reason)) throw error;
          const pauseMs = Math.max(firstPauseMs * 2 ** (attempt - 1), error.delivery.retryAfterMs ?? 0);
          await sleep(Math.min(longestPauseMs, pauseMs), signal);
        }
      }
    },
  };
}

/**
 * As text, because ClickHouse orders UUIDs by their second half. Times with their zone, because HogQL takes those
 * without for the project's own. The limit, because without one 100 rows would be all.
 */
const idsQuery = ({ from, to, after }: HoldingsRange): string =>
  [
    "select toString(uuid) as id from events",
    `where timestamp >= toDateTime('${new Date(from.getTime() - marginMs).toISOString()}')`,
    `and timestamp < toDateTime('${new Date(to.getTime() + marginMs).toISOString()}')`,
    "and properties.$lib = '@devora/analytics'",
    ...(after === undefined ? [] : [`and toString(uuid) > '${after}'`]),
    `group by id order by id limit ${pageLimit}`,
  ].join(" ");

/** Never from PostHog's cache, which would know nothing of what was sent again a minute ago. */
const bodyOf = (query: string): string =>
  JSON.stringify({
    query: { kind: "HogQLQuery", query },
    refresh: "force_blocking",
    name: "devora analytics: reconcile",
  });

/** @throws {AnalyticsError} READ_FAILED where the answer is not of rows: an empty one would say that all is missing */
function idsOf(answer: unknown): string[] {
  const { results, error } = (answer ?? {}) as { results?: unknown; error?: unknown };
  if (error !== undefined && error !== null && error !== false) throw readFailed("QUERY_FAILED");
  const isRow = (row: unknown) => Array.isArray(row) && typeof row[0] === "string";
  if (!Array.isArray(results) || !results.every(isRow)) throw readFailed("AN_ANSWER_WITHOUT_ROWS");
  return results.map((row) => row[0]);
}

interface ReadFailure {
  delivery: { reason: string; retryAfterMs?: number | undefined };
}

const isReadFailure = (error: unknown): error is ReadFailure =>
  (error as { code?: unknown } | null)?.code === "READ_FAILED";

const reasonOf = (error: unknown): string =>
  error instanceof SyntaxError ? "AN_ANSWER_THAT_IS_NO_JSON" : faultOfConnection(error).reason;

/** Whether the same question may get an answer later: not where key, project or query are refused. */
const mayPass = (reason: string): boolean => !/^HTTP (?!408|429|5)/.test(reason);
