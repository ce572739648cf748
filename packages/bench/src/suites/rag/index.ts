import type { BenchRow } from "../../row.ts";
import type { SuiteOptions } from "../../suite.ts";
import { qualityRows } from "./quality.ts";

/** Quality of retrieval on test collections; in databases of the suite's own. */
export async function rag({ log }: SuiteOptions): Promise<BenchRow[]> {
  return qualityRows(log);
}
