import type { DeliveredEvent } from "../ports.ts";
import { libraryVersion } from "../version.ts";

/** A message of Segment's HTTP API. */
export type SegmentMessage = Readonly<Record<string, unknown>>;

/**
 * An event as the message of its kind: `identify`, `alias`, `group`, all else `track`. Its person is a `userId` where
 * it is known, otherwise an `anonymousId`; an alias is said of users alone.
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
export function segmentMessage(delivered: DeliveredEvent): SegmentMessage {
  const { id, event, distinctId, isKnown, occurredAt, properties, context } = delivered;
  const common = {
    messageId: id,
    timestamp: occurredAt.toISOString(),
    ...(isKnown || event === "$create_alias" ? { userId: distinctId } : { anonymousId: distinctId }),
    context: segmentContext(delivered),
  };
  switch (event) {
    case "$identify":
      return { type: "identify", ...common, traits: properties };
    case "$create_alias":
      return { type: "alias", ...common, previousId: properties.alias };
    case "$groupidentify":
      return {
        type: "group",
        ...common,
        groupId: Object.values(context.$groups ?? {})[0],
        traits: properties,
      };
    default:
      return { type: "track", ...common, event, properties };
  }
}

/** Under Segment's names where it has one; other facts under their own. */
function segmentContext({ context, sessionId, event }: DeliveredEvent): Readonly<Record<string, unknown>> {
  const {
    $lib: name = "@devora/analytics",
    $lib_version: version = libraryVersion,
    $pathname: path,
    $referrer: referrer,
    $raw_user_agent: userAgent,
    $groups: groups = {},
    $set_once: _,
    utm_campaign: campaign,
    utm_source: source,
    utm_medium: medium,
    utm_term: term,
    utm_content: content,
    ...facts
  } = context;
  const keys = Object.values(groups ?? {});
  return {
    ...facts,
    library: { name, version },
    ...given("page", { path, referrer }),
    ...given("campaign", { name: campaign, source, medium, term, content }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(sessionId === null ? {} : { sessionId }),
    // Segment knows one group of an event; with several, all of them by type.
    ...(event === "$groupidentify" || keys.length === 0
      ? {}
      : keys.length === 1
        ? { groupId: keys[0] }
        : { groups }),
  };
}

/** The fields of an object that there are, under its name; nothing where there are none. */
function given(name: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return known.length === 0 ? {} : { [name]: Object.fromEntries(known) };
}
