import { accountEvents } from "./account-events.ts";
import { assistantEvents } from "./assistant-events.ts";
import { billingEvents } from "./billing-events.ts";
import { defineCatalogue } from "./define-catalogue.ts";
import { operationEvents } from "./operation-events.ts";
import { personEvents } from "./person-events.ts";
import { projectEvents } from "./project-events.ts";
import { systemEvents } from "./system-events.ts";

/**
 * The events of an AI app builder, each declared once: its properties with their types and privacy classes,
 * whether it counts as activity, how long it is worth keeping. Event names are past tense, properties snake_case,
 * durations in milliseconds, money in minor units with a currency. Optional properties also take `null`.
 */
export const devoraCatalogue = defineCatalogue({
  ...accountEvents,
  ...projectEvents,
  ...assistantEvents,
  ...billingEvents,
  ...operationEvents,
  ...systemEvents,
  ...personEvents,
});

export type DevoraCatalogue = typeof devoraCatalogue;
