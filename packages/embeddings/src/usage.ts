import type { EmbedUsage } from "./ports.ts";

/** Where a sum begins. */
export const noUsage: EmbedUsage = { tokens: 0, requests: 0, cost: 0 };

/** What two calls were charged together; what one of them does not know is not known of both. */
export const addUsage = (one: EmbedUsage, other: EmbedUsage): EmbedUsage => ({
  tokens: one.tokens + other.tokens,
  requests: sum(one.requests, other.requests),
  cost: sum(one.cost, other.cost),
});

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one + other;
