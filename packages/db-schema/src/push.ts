export { type DrizzleKitFilters, drizzleKitFilters } from "./push/filters.ts";
export type { Discarded } from "./push/findings.ts";
export type { PushOptions, PushResult, PushStep } from "./push/options.ts";
export { push } from "./push/push.ts";
