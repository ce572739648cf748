import type { BenchRow } from "../../row.ts";
import type { Suite } from "../../suite.ts";
import { qualityRows } from "./quality.ts";
import { speedRows } from "./speed.ts";

/** Each fills what it needs. */
const parts: readonly Suite[] = [speedRows, ({ log }) => qualityRows(log)];

/** Retrieval by words and vectors together. Size 1 is 100,000 passages; databases are the suite's own. */
export const rag: Suite = async (options) => {
  const rows: BenchRow[] = [];
  for (const part of parts) rows.push(...(await part(options)));
  return rows;
};
