import { z } from "zod";
import { drop, keep } from "./define-catalogue.ts";
import { count, id, label, text } from "./property-schemas.ts";

/** ISO 8601, such as `user.createdAt.toISOString()`. */
const instant = z.iso.datetime({ offset: true });

/** What Devora tells of people and of groups of them: the properties that `identify` and `groupIdentify` take. */
export const personEvents = {
  $identify: {
    description: "What is known of a person, such as the plan, was told or changed.",
    retention: "long",
    properties: {
      plan: keep(label.nullish()),
      subscription_status: keep(label.nullish()),
      billing_interval: keep(label.nullish()),
      locale: keep(label.nullish()),
      country: keep(label.nullish()),
      signed_up_at: keep(instant.nullish()),
      signup_source: keep(label.nullish()),
      project_count: keep(count.nullish()),
      email: drop(text.nullish()),
      name: drop(text.nullish()),
    },
  },
  $groupidentify: {
    description: "What is known of a group of people, such as a company, was told or changed.",
    retention: "long",
    properties: {
      name: drop(label.nullish()),
      plan: keep(label.nullish()),
      subscription_id: keep(id.nullish()),
      member_count: keep(count.nullish()),
      created_at: keep(instant.nullish()),
    },
  },
} as const;
