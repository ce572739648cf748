import type { PreparedInput } from "./prepare-inputs.ts";

export interface BatchLimits {
  maxInputs: number;
  maxTokens: number;
}

/** The places of the inputs in order, in as few requests as the limits allow; one beyond the limit stands alone. */
export function* requestBatches(
  inputs: readonly Pick<PreparedInput, "tokens">[],
  { maxInputs, maxTokens }: BatchLimits,
): Generator<number[]> {
  let batch: number[] = [];
  let sum = 0;
  for (const [at, { tokens }] of inputs.entries()) {
    if (batch.length === maxInputs || (batch.length > 0 && sum + tokens > maxTokens)) {
      yield batch;
      batch = [];
      sum = 0;
    }
    batch.push(at);
    sum += tokens;
  }
  if (batch.length > 0) yield batch;
}
