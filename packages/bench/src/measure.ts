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
export function measure<Name extends string>(
  variants: Record<Name, (run: number) => Promise<unknown>>,
  options?: MeasureOptions,
): Promise<Record<Name, Timing>> {
  const timed = mapValues(variants, (variant) => async (run: number) => {
    const start = performance.now();
    await variant(run);
    return performance.now() - start;
  });
  return collect(timed, options);
}

/** As {@link measure}, of variants that answer their own time in milliseconds, such as the server's. */
export async function collect<Name extends string>(
  variants: Record<Name, (run: number) => Promise<number>>,
  { runs = 30, warmUp = 3 }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const names = Object.keys(variants) as Name[];
  const times = mapValues(variants, () => [] as number[]);
  for (let run = -warmUp; run < runs; run++) {
    for (const name of names) {
      const time = await variants[name](run + warmUp);
      if (run >= 0) times[name].push(time);
    }
  }
  return mapValues(times, timingOf);
}

const mapValues = <Name extends string, From, To>(
  record: Record<Name, From>,
  change: (value: From) => To,
): Record<Name, To> =>
  Object.fromEntries(
    (Object.entries(record) as [Name, From][]).map(([name, value]) => [name, change(value)]),
  ) as Record<Name, To>;

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
