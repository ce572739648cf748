import { z } from "zod";
import { AnalyticsError } from "../errors.ts";
import { type Catalogue, type EventDefinition, keep } from "./define-catalogue.ts";
import { count, flag, label } from "./property-schemas.ts";

/** What this package captures by itself, under PostHog's names. Every catalogue has them, unless it declares its own. */
export const systemEvents = {
  // Of a person and of a group nothing is known that the catalogue does not declare: it replaces these two.
  $identify: {
    description: "What is known of a person was told or changed.",
    retention: "long",
    properties: {},
  },
  $groupidentify: {
    description: "What is known of a group of people was told or changed.",
    retention: "long",
    properties: {},
  },
  $create_alias: {
    description:
      "Two ids were found to be one person: the event's own, and an older one such as that of a visitor.",
    retention: "long",
    properties: { alias: keep(z.string().min(1).max(400)) },
  },
  $feature_flag_called: {
    description: "A person saw a value of a feature flag for the first time.",
    retention: "short",
    properties: {
      $feature_flag: keep(label),
      $feature_flag_response: keep(z.union([flag, label])),
      $feature_flag_version: keep(count.nullish()),
      $groups: keep(z.record(z.string(), z.string()).nullish()),
      flag_run: keep(label.nullish()),
    },
  },
} as const satisfies Catalogue;

/**
 * A catalogue with the {@link systemEvents} that it does not declare itself.
 * @throws {AnalyticsError} INVALID_CATALOGUE where it declares one without what makes it work at its destination
 */
export function withSystemEvents(catalogue: Catalogue): Catalogue {
  for (const [name, { properties }] of Object.entries<EventDefinition>(systemEvents)) {
    const own = Object.hasOwn(catalogue, name) ? catalogue[name]?.properties : properties;
    const lacking = Object.keys(properties).find((property) => own?.[property]?.privacy !== "keep");
    if (lacking === undefined) continue;
    throw new AnalyticsError(
      "INVALID_CATALOGUE",
      `defineCatalogue: event "${name}" is the package's own and is declared without keep(…) for "${lacking}". Leave the event out, or declare its properties as the package does, and further ones beside them.`,
    );
  }
  return { ...systemEvents, ...catalogue };
}
