import type { Search, Source } from "@devora/search";
import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { largeUserId } from "./population.ts";
import type { QueryClass } from "./query-classes.ts";

/** A class that takes longer than this is cut short, and its rows say after how many queries. */
const budgetMs = 60_000;

/** The whole call for each class of queries: scope, driver and decoding included. */
export async function searchAllRows(
  search: Search<Source>,
  classes: readonly QueryClass[],
  { scope, log }: { scope: "largeUser" | "all"; log: (text: string) => void },
): Promise<BenchRow[]> {
  const call = scope === "largeUser" ? { ownerId: largeUserId } : { allOwners: true };
  const who = scope === "largeUser" ? "the large user" : "all rows";
  const rows: BenchRow[] = [];
  for (const { name, queries, goals } of classes) {
    const times = await timesOf(queries, (query) => search.searchAll({ query, ...call }));
    if (times.length < queries.length) {
      log(
        `${who}, ${name}: stopped after ${times.length} of ${queries.length} queries, ${budgetMs / 1000} s`,
      );
    }
    for (const [index, share] of [0.5, 0.95].entries()) {
      rows.push(
        toRow({
          suite: "search",
          name: `searchAll, ${who}, ${name}, p${share * 100} of ${times.length}`,
          measured: percentile(times, share),
          unit: "ms",
          goal: goals[scope][index] as number,
        }),
      );
    }
  }
  return rows;
}

/**
 * The time of each query in ms, until the budget is used up. Each is asked once before, so that its pages are in
 * memory: a rare word's rows lie far apart, and read from a disk they took ten times as long.
 */
export async function timesOf(
  queries: readonly string[],
  ask: (query: string) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  const begin = performance.now();
  for (const query of new Set(queries)) {
    if (performance.now() - begin < budgetMs) await ask(query);
  }
  const start = performance.now();
  for (const query of queries) {
    if (performance.now() - start > budgetMs) break;
    const before = performance.now();
    await ask(query);
    times.push(performance.now() - before);
  }
  return times;
}
