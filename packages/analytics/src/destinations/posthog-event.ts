import type { DeliveredEvent } from "../ports.ts";
import { libraryVersion } from "../version.ts";

/** An event in PostHog's form; the context is of PostHog's names already, and a property goes before it. */
export const posthogEvent = (delivered: DeliveredEvent) => ({
  uuid: delivered.id,
  event: delivered.event,
  distinct_id: delivered.distinctId,
  properties: {
    $lib: "@devora/analytics",
    $lib_version: libraryVersion,
    ...posthogProperties(delivered),
    ...(delivered.sessionId === null ? {} : { $session_id: delivered.sessionId }),
    $is_server: true,
    // The address that PostHog sees is the worker's, nobody's place.
    $geoip_disable: true,
  },
  timestamp: delivered.occurredAt.toISOString(),
});

/** Context and properties, of the package's own events as posthog-node sends them. */
function posthogProperties({
  event,
  distinctId,
  properties,
  context,
}: DeliveredEvent): Readonly<Record<string, unknown>> {
  const { $set_once: setOnce, ...facts } = context;
  switch (event) {
    case "$identify": {
      const once = new Set(Array.isArray(setOnce) ? setOnce : []);
      const part = (isOnce: boolean) =>
        Object.fromEntries(Object.entries(properties).filter(([name]) => once.has(name) === isOnce));
      return { ...facts, $set: part(false), $set_once: part(true) };
    }
    case "$create_alias":
      return { ...facts, ...properties, distinct_id: distinctId };
    case "$groupidentify": {
      const { $groups: groups, ...rest } = facts;
      const [type, key] = Object.entries(groups ?? {})[0] ?? [];
      return { ...rest, $group_type: type, $group_key: key, $group_set: properties };
    }
    case "$feature_flag_called": {
      const { $feature_flag: flag, $feature_flag_response: response } = properties;
      return { ...facts, ...properties, [`$feature/${flag}`]: response };
    }
    default:
      return { ...facts, ...properties };
  }
}
