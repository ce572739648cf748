import type { Declared } from "./define-flags.ts";
import type { Evaluation } from "./evaluate-flags.ts";
import { exposureEvent, exposureKey } from "./exposure.ts";
import type { FlagProblem } from "./feature-flags.ts";
import type { ExposureSink } from "./ports.ts";
import { createRecentSet } from "./recent.ts";

/** Exposures that a process remembers; beyond, it captures again what the database then finds to be there. */
const maxRemembered = 50_000;

/** Captures what people saw, once for each person, flag, value and run. */
export type Expose = (flag: string, evaluation: Evaluation, userId: string | undefined) => void;

export function createExposures(
  sink: ExposureSink | undefined,
  declared: Declared,
  onProblem: (problem: FlagProblem) => void,
): Expose {
  const remembered = createRecentSet(maxRemembered);

  return (flag, { answered }, userId) => {
    if (sink === undefined || answered === undefined) return;
    const { answer, subject } = answered;
    const { distinctId, groups } = subject;
    const exposure = { flag, distinctId, userId, groups, answer, run: declared.get(flag)?.run };
    const key = exposureKey(exposure);
    if (remembered.has(key)) return;
    try {
      // Only what was taken is remembered, so that the next call tries again.
      const { outcome } = sink.captureBuffered(exposureEvent(exposure, key) as never);
      if (outcome === "buffered") return remembered.add(key);
    } catch (error) {
      return onProblem({ flag, problem: "exposure", error });
    }
    onProblem({ flag, problem: "exposure" });
  };
}
