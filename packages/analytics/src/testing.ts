import { type Analytics, assembleAnalytics } from "./analytics.ts";
import type { Catalogue } from "./catalogue/define-catalogue.ts";
import type { DevoraCatalogue } from "./catalogue/devora-catalogue.ts";
import type { EventRow } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { type EventOptions, resolveOptions } from "./options.ts";

export type { EventRow } from "./event.ts";
export type { PosthogQueryRules } from "./testing/posthog-query.ts";
export type { PosthogBatch, PosthogRules, PosthogWireEvent } from "./testing/posthog-rules.ts";
export {
  type PosthogReply,
  type PosthogRequest,
  type PosthogScript,
  type PosthogServer,
  type PosthogServerOptions,
  startPostHogServer,
} from "./testing/posthog-server.ts";

/** {@link Analytics} with what they kept. */
export type RecordingAnalytics<C extends Catalogue = DevoraCatalogue> = Analytics<C> & {
  /** The events kept so far, in order, as their rows would be. */
  readonly events: readonly EventRow[];
};

/**
 * Analytics that keep events in memory, for unit tests without a database.
 *
 * The same checks, types and enrichment as `createAnalytics`, `strict` by default. Duplicates and consents work;
 * transactions and scopes do not exist here: `db` is ignored, so nothing rolls back and no owner is foreign.
 *
 * @example
 * const analytics = recordingAnalytics();
 * await createProject({ analytics });
 * expect(analytics.events).toMatchObject([{ event: "project_created", ownerId: userId }]);
 */
export function recordingAnalytics<C extends Catalogue = DevoraCatalogue>(
  options: EventOptions<C> = {},
): RecordingAnalytics<C> {
  const events: EventRow[] = [];
  const analytics = assembleAnalytics<C>(resolveOptions({ mode: "strict", ...options }), memoryStore(events));
  return { ...analytics, events };
}

function memoryStore(events: EventRow[]): EventStore {
  const ids = new Set<string>();
  const optedOut = new Set<string>();
  const keep = (row: EventRow) => {
    if (optedOut.has(row.distinctId)) return "opted_out";
    if (ids.has(row.id)) return "duplicate";
    ids.add(row.id);
    events.push(row);
    return "accepted";
  };
  return {
    write: async (rows, { signal }) => {
      signal?.throwIfAborted();
      return new Map(rows.map((row) => [row.id, keep(row)]));
    },
    setConsent: async (distinctId, refuses, { signal }) => {
      signal?.throwIfAborted();
      if (refuses) optedOut.add(distinctId);
      else optedOut.delete(distinctId);
    },
  };
}
