import type { TokenUsage } from "./ports.ts";

/** Where a sum begins. */
export const noUsage: TokenUsage = { promptTokens: 0, completionTokens: 0, cost: 0 };

/** What two calls of models took together; what one of them does not know is not known of both. */
export function addUsage(one: TokenUsage | undefined, other: TokenUsage | undefined): TokenUsage | undefined {
  if (one === undefined || other === undefined) return undefined;
  const cost = one.cost === undefined || other.cost === undefined ? undefined : one.cost + other.cost;
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    cost,
  };
}

/** Whether the figures are such as a model can have counted. */
export function isUsage({ promptTokens, completionTokens, cost = 0 }: TokenUsage): boolean {
  return (
    [promptTokens, completionTokens].every((tokens) => Number.isInteger(tokens) && tokens >= 0) && cost >= 0
  );
}
