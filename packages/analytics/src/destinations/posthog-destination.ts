import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { checkFor } from "../check-option.ts";
import type { Destination } from "../ports.ts";
import { libraryVersion } from "../version.ts";
import { type HttpDestinationOptions, resolveHttpOptions, resolveUrl } from "./http-options.ts";
import { postBatch } from "./post-batch.ts";
import { posthogEvent } from "./posthog-event.ts";

export interface PosthogDestinationOptions extends HttpDestinationOptions {
  /** `https://us.i.posthog.com`, `https://eu.i.posthog.com`, or your own. */
  host: string;
  /** The project's API key, `phc_…`. It is in no error. */
  apiKey: string;
  /** Marks each request as an import of the past (`historical_migration`). Default false. */
  historicalMigration?: boolean;
}

const compress = promisify(gzip);

/**
 * PostHog's `POST /batch/`, gzipped. An event keeps its uuid and its time however often it is sent, by which PostHog
 * drops what came twice. Taken is what PostHog answered with 2xx; it gives no proof beyond that.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 * @see https://posthog.com/docs/api/capture
 *
 * @example
 * createDeliveryWorker({ db, destinations: { posthog: posthogDestination({ host, apiKey }) } }).start();
 */
export function posthogDestination({
  host,
  apiKey,
  historicalMigration = false,
  ...httpOptions
}: PosthogDestinationOptions): Destination {
  const check = checkFor("posthogDestination");
  const base = resolveUrl(check, "host", host);
  const url = new URL(`${base.pathname.replace(/\/+$/, "")}/batch/`, base).href;
  check("apiKey", apiKey, "a text that is not empty", typeof apiKey === "string" && apiKey !== "");
  check(
    "historicalMigration",
    historicalMigration,
    "true or false",
    typeof historicalMigration === "boolean",
  );
  const { maxEvents, maxBytes, ...http } = resolveHttpOptions(check, httpOptions);

  return {
    maxEvents,
    maxBytes,
    async send(events, { signal }) {
      const body = JSON.stringify({
        api_key: apiKey,
        batch: events.map(posthogEvent),
        sent_at: http.now().toISOString(),
        ...(historicalMigration ? { historical_migration: true } : {}),
      });
      await postBatch({
        ...http,
        url,
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
          "user-agent": `devora-analytics/${libraryVersion}`,
        },
        body: await compress(body),
        signal,
      });
    },
  };
}
