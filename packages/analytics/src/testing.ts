import { type Analytics, assembleAnalytics } from "./analytics.ts";
import type { Catalogue } from "./catalogue/define-catalogue.ts";
import type { DevoraCatalogue } from "./catalogue/devora-catalogue.ts";
import type { ErasureStore } from "./erase-person.ts";
import type { EventRow } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { type EventOptions, resolveOptions } from "./options.ts";
import { type ConsentState, everybody } from "./queries/consent.ts";

export type { EventRow } from "./event.ts";
export { fixedFlags } from "./testing/fixed-flags.ts";
export type {
  PosthogFlagQuestion,
  PosthogFlagRequest,
  PosthogFlagRules,
} from "./testing/posthog-flags.ts";
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
 * The same checks, types and enrichment as `createAnalytics`, `strict` by default. Duplicates, consents, erasure and
 * taken aliases work; transactions and scopes do not exist here: `db` is ignored, so nothing rolls back, no owner is
 * foreign, and a person who is erased has the ids that the call names.
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
  const settings = resolveOptions({ mode: "strict", ...options });
  const analytics = assembleAnalytics<C>(settings, memoryStore(events, settings.now));
  return { ...analytics, events };
}

function memoryStore(events: EventRow[], now: () => Date): EventStore {
  const ids = new Set<string>();
  const consents = new Map<string, ConsentState>();
  const isOut = (id: string | null) => id !== null && consents.get(id)?.optedOut === true;
  const aliases = new Map<string, string>();
  const keep = (row: EventRow) => {
    if (isOut(everybody)) return "disabled";
    if (isOut(row.distinctId) || isOut(row.ownerId)) return "opted_out";
    if (ids.has(row.id)) return "duplicate";
    if (row.event === "$create_alias") {
      const alias = String(row.properties.alias);
      if ((aliases.get(alias) ?? row.distinctId) !== row.distinctId) return "alias_taken";
      aliases.set(alias, row.distinctId);
    }
    ids.add(row.id);
    events.push(row);
    return "accepted";
  };
  return {
    write: async (rows, { signal }) => {
      signal?.throwIfAborted();
      return new Map(rows.map((row) => [row.id, keep(row)]));
    },
    setConsent: async (distinctId, optedOut, { signal }) => {
      signal?.throwIfAborted();
      if (consents.get(distinctId)?.optedOut !== optedOut) {
        consents.set(distinctId, { optedOut, changedAt: now() });
      }
    },
    getConsent: async (distinctId) => consents.get(distinctId) ?? { optedOut: false, changedAt: null },
    erasure: () => memoryErasure(events, consents),
  };
}

function memoryErasure(events: EventRow[], consents: Map<string, ConsentState>): ErasureStore {
  const isOf = (ids: readonly string[]) => (row: EventRow) =>
    ids.includes(row.distinctId) || (row.ownerId !== null && ids.includes(row.ownerId));
  return {
    idsOfPerson: async (ids) => [...new Set(ids)],
    async eraseBatch(ids) {
      const erased = events.filter(isOf(ids));
      events.splice(0, events.length, ...events.filter((row) => !erased.includes(row)));
      const distinctIds = erased.map(({ distinctId }) => distinctId);
      return { found: 0, events: erased.length, deliveries: 0, distinctIds };
    },
    async forget(ids) {
      const forgotten = ids.filter((id) => consents.get(id)?.optedOut === false);
      for (const id of forgotten) consents.delete(id);
      return { aliases: 0, consents: forgotten.length };
    },
    after: async (ids, found) => ({
      isLeft: events.some(isOf(ids)),
      ownIds: found.filter((id) => !events.some(({ ownerId }) => ownerId === id)),
    }),
  };
}
