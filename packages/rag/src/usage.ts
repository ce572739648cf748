import type { TokenUsage } from "./ports.ts";
import { numberFrom } from "./validate.ts";

/** What a model costs, in US dollars per million tokens. */
export interface TokenPrice {
  readonly prompt: number;
  readonly completion: number;
}

/**
 * A function that adds the cost to what a model counted; without a price the cost stays unknown.
 * @throws {RagError} INVALID_OPTION at once
 */
export function pricing(factory: string, price: TokenPrice | undefined): (usage: TokenUsage) => TokenUsage {
  if (price === undefined) return (usage) => usage;
  const name = `${factory}.pricePerMillionTokens`;
  const prompt = numberFrom(`${name}.prompt`, price.prompt, 0, Number.MAX_VALUE);
  const completion = numberFrom(`${name}.completion`, price.completion, 0, Number.MAX_VALUE);
  return (usage) => ({
    ...usage,
    cost: (usage.promptTokens * prompt + usage.completionTokens * completion) / 1_000_000,
  });
}

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
