import type { Weights } from "./values.ts";

/** Shares of one retriever: 0, .05, … 1. */
export const shares: readonly number[] = Array.from({ length: 21 }, (_, step) => step / 20);

/** Each retriever the same, 1 in all. */
export const equalWeights = (names: readonly string[]): Weights =>
  Object.fromEntries(names.map((name) => [name, rounded(1 / names.length)]));

/** One retriever at `share`, the others dividing the rest as before; 1 in all. */
export function withShare(weights: Weights, name: string, share: number): Weights {
  const others = Object.entries(weights).filter(([other]) => other !== name);
  const sum = others.reduce((total, [, weight]) => total + weight, 0);
  return Object.fromEntries(
    Object.entries(weights).map(([other, weight]) => {
      if (other === name) return [other, share];
      return [other, rounded((1 - share) * (sum > 0 ? weight / sum : 1 / others.length))];
    }),
  );
}

/** Those along which weights are varied: of two retrievers the first says it all. */
export const variedNames = (names: readonly string[]): readonly string[] =>
  names.length === 2 ? names.slice(0, 1) : names;

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Rounds of {@link chooseWeights} over all retrievers. */
const mostRounds = 2;

/**
 * The best weights: one retriever's share after the other is set to the best of {@link shares}, until none gets better.
 * @param worthOf what to make as high as possible
 * @returns among equals the ones nearest to equal weights
 */
export function chooseWeights(
  names: readonly string[],
  worthOf: (weights: Weights) => number,
): { weights: Weights; value: number } {
  let best = { weights: equalWeights(names), value: worthOf(equalWeights(names)) };
  const fromEqual = shares.toSorted(
    (a, b) => Math.abs(a - 1 / names.length) - Math.abs(b - 1 / names.length),
  );
  for (let round = 0; round < mostRounds; round++) {
    const before = best;
    for (const name of variedNames(names)) {
      const from = best.weights;
      for (const share of fromEqual) {
        const weights = withShare(from, name, share);
        const value = worthOf(weights);
        // A hair more is not better: means of the same values in another order differ by as much.
        if (value > best.value + 1e-9) best = { weights, value };
      }
    }
    if (best === before) break;
  }
  return best;
}
