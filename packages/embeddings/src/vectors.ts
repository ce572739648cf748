import { EmbeddingsError } from "./errors.ts";

/** The largest number that a half-precision float holds. */
const largestHalf = 65_504;

/** @throws {EmbeddingsError} INVALID_EMBEDDING unless there are so many vectors, each fit to be stored */
export function assertVectors(
  { model, dimensions }: { model: string; dimensions: number },
  count: number,
  embeddings: unknown,
): asserts embeddings is number[][] {
  const flaw = flawOf(embeddings, count, dimensions);
  if (flaw === undefined) return;
  throw new EmbeddingsError(
    "INVALID_EMBEDDING",
    `The embedder "${model}" answered ${flaw}; ${count} vectors of ${dimensions} finite numbers were expected. Check its dimensions and the order of its answers.`,
  );
}

function flawOf(embeddings: unknown, count: number, dimensions: number): string | undefined {
  if (!Array.isArray(embeddings)) return `${typeof embeddings} in place of a list`;
  if (embeddings.length !== count) return `${embeddings.length} vectors`;
  for (const vector of embeddings as unknown[]) {
    const flaw = vectorFlaw(vector, dimensions);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** What is wrong with a vector, if anything is. */
export function vectorFlaw(vector: unknown, dimensions: number): string | undefined {
  if (!Array.isArray(vector)) return "a vector that is no array";
  if (vector.length !== dimensions) return `a vector of ${vector.length}`;
  if (!vector.every(isHalf)) return "a vector that holds NaN, infinity or a number beyond half precision";
  if (!vector.some((value) => value !== 0)) return "a vector of zeros, which is near to nothing";
  return undefined;
}

const isHalf = (value: unknown): boolean => typeof value === "number" && Math.abs(value) <= largestHalf;
