import type { BenchRow } from "../row.ts";
import { overview } from "./overview.ts";

export interface SuiteOptions {
  /** Size of the population: 1 is 150 users. */
  size: number;
  /** Tells how far it is; never part of the result. */
  log: (text: string) => void;
}

/** The suites by name. */
export const suites: Record<string, (options: SuiteOptions) => Promise<BenchRow[]>> = { overview };
