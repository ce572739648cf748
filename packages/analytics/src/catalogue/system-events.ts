import { z } from "zod";
import { type Catalogue, keep } from "./define-catalogue.ts";
import { count, flag, label } from "./property-schemas.ts";

/** What this package captures by itself, under PostHog's names. Every catalogue has them, unless it declares its own. */
export const systemEvents = {
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

/** A catalogue with the {@link systemEvents} that it does not declare itself. */
export const withSystemEvents = (catalogue: Catalogue): Catalogue => ({ ...systemEvents, ...catalogue });
