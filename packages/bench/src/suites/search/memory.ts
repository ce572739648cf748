import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Search, Source } from "@devora/search";
import { type BenchRow, toRow } from "../../row.ts";
import { largeUserId } from "./population.ts";

const queries = 100_000;
const settledAfter = 10_000;

/** What the process's heap grows by over many searches, each of another text. */
export async function memoryRows(
  search: Search<Source>,
  words: readonly string[],
  log: (text: string) => void,
): Promise<BenchRow[]> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  let settled = 0;
  for (let asked = 0; asked < queries; asked += 2) {
    if (asked === settledAfter) settled = heap();
    if (asked % 10_000 === 0 && asked > 0) log(`memory: ${asked.toLocaleString("en")} queries`);
    const queryOf = (n: number) => `${words[n % words.length]} ${n.toString(36)}`;
    await Promise.all(
      [asked, asked + 1].map((n) => search.searchAll({ query: queryOf(n), ownerId: largeUserId, limit: 5 })),
    );
  }
  return [
    toRow({
      suite: "search",
      name: `heap after ${queries.toLocaleString("en")} queries minus after ${settledAfter.toLocaleString("en")}`,
      measured: heap() - settled,
      unit: "MB",
      goal: 5,
    }),
  ];
}
