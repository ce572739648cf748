import type { BenchRow } from "./row.ts";

export interface SuiteOptions {
  /** Size of the population: 1 is 150 users. */
  size: number;
  /** Also measures what a long run leaves in memory, which takes minutes. */
  memory: boolean;
  /** Tells how far it is; never part of the result. */
  log: (text: string) => void;
}

/** A set of figures that is measured together. */
export type Suite = (options: SuiteOptions) => Promise<BenchRow[]>;
