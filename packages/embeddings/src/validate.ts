import { EmbeddingsError, type EmbeddingsErrorCode, shapeOf } from "./errors.ts";

/** Most dimensions that an HNSW index over `halfvec` takes. */
const mostDimensions = 4000;

/** Throws unless `value` is a whole number within the bounds. */
export function assertInteger(
  name: string,
  value: unknown,
  { min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number },
  code: EmbeddingsErrorCode = "INVALID_OPTION",
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  const upTo = max === Number.MAX_SAFE_INTEGER ? "or more" : `to ${max}`;
  throw new EmbeddingsError(
    code,
    `${name} must be a whole number, ${min} ${upTo}; received ${shapeOf(value)}.`,
  );
}

export const assertDimensions = (of: string, value: unknown, min = 1): void =>
  assertInteger(`${of}: dimensions`, value, { min, max: mostDimensions });
