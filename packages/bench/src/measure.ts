/** Times of one variant, in milliseconds. */
export interface Timing {
  p50: number;
  p95: number;
  runs: number;
}

export interface MeasureOptions {
  /** Timed runs of each variant. Default 30. */
  runs?: number;
  /** Runs before, whose times are dropped. Default 3. */
  warmUp?: number;
}

/**
 * Times variants side by side: round after round, each once, so that what disturbs the machine disturbs all alike.
 * @param variants functions by name; each gets the number of the run, to vary its input
 */
export async function measure<Name extends string>(
  variants: Record<Name, (run: number) => Promise<unknown>>,
  { runs = 30, warmUp = 3 }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const names = Object.keys(variants) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let run = -warmUp; run < runs; run++) {
    for (const name of names) {
      const start = performance.now();
      await variants[name](run + warmUp);
      if (run >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(times.get(name) ?? [])])) as Record<
    Name,
    Timing
  >;
}

const timingOf = (times: readonly number[]): Timing => ({
  p50: percentile(times, 0.5),
  p95: percentile(times, 0.95),
  runs: times.length,
});

/** The value below which `share` of the values lie, interpolated between neighbours; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(position)] ?? Number.NaN;
  const upper = sorted[Math.ceil(position)] ?? Number.NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}
