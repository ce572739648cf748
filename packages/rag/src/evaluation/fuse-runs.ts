import { fusePassages } from "../fuse-passages.ts";
import { mergePassages } from "../merge-passages.ts";
import type { LegOutcome } from "../run-retrievers.ts";
import type { RankedItem } from "./judged-ranking.ts";
import type { FusionMethod, Weights } from "./values.ts";

/** Fuses what was recorded with any weights, and joins passages: the order in which `createRag` finds them. */
export type FuseRuns = (weights: Weights, fusion: FusionMethod) => RankedItem[][];

/** A {@link FuseRuns} of some runs, to be called many times. */
export function fuserOf(runs: readonly (readonly LegOutcome[])[]): FuseRuns {
  // Which passages join depends on them alone, not on their scores; mostly none do, and the work can be spared.
  const withoutJoins = new Set<string>();
  return (weights, fusion) =>
    runs.map((outcomes, place) => {
      const active = outcomes.flatMap((outcome) => {
        const weight = weights[outcome.leg.name] ?? 0;
        return weight > 0 ? [{ ...outcome, leg: { ...outcome.leg, weight } }] : [];
      });
      const fused = fusePassages(active, fusion);
      const key = JSON.stringify([place, active.map(({ leg }) => leg.name)]);
      if (withoutJoins.has(key)) return fused;
      const merged = mergePassages(fused);
      const asFused = new Set(fused);
      if (merged.every((item) => asFused.has(item))) withoutJoins.add(key);
      return merged;
    });
}
