import { z } from "zod";
import { drop, keep } from "./define-catalogue.ts";
import { count, durationMs, flag, label, text } from "./property-schemas.ts";

/** How the product itself fares: requests and errors. */
export const operationEvents = {
  request_completed: {
    description: "The service answered a request.",
    retention: "short",
    properties: {
      method: keep(label),
      route: keep(label),
      status: keep(z.int().min(100).max(599)),
      duration_ms: keep(durationMs),
    },
  },
  error_occurred: {
    description: "Something failed for a user.",
    properties: {
      error_name: keep(label),
      error_code: keep(label.nullish()),
      error_message: drop(text.nullish()),
      operation: keep(label.nullish()),
      handled: keep(flag.nullish()),
    },
  },
  rate_limit_reached: {
    description: "A user was told to slow down.",
    retention: "short",
    properties: { limit_name: keep(label), limit: keep(count.nullish()) },
  },
} as const;
