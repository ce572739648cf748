import type { Search, Source } from "@devora/search";
import { percentile } from "../../measure.ts";
import { seededRandom } from "../../random.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { largeUserId } from "./population.ts";
import { timesOf } from "./search-all.ts";

/** Completion of the first three to six letters of words, the large user's and over all rows. */
export async function suggestionRows(search: Search<Source>, words: readonly string[]): Promise<BenchRow[]> {
  const random = seededRandom(3);
  const prefixes = words.map((word) => word.slice(0, 3 + Math.floor(random() * 4)));
  const scopes = [
    ["the large user", { ownerId: largeUserId }],
    ["all rows", { allOwners: true }],
  ] as const;
  const rows: BenchRow[] = [];
  for (const [who, scope] of scopes) {
    const times = await timesOf(prefixes, (prefix) => search.getSuggestions({ prefix, ...scope }));
    for (const share of [0.5, 0.95]) {
      rows.push(
        toRow({
          suite: "search",
          name: `getSuggestions, ${who}, p${share * 100} of ${times.length}`,
          measured: percentile(times, share),
          unit: "ms",
        }),
      );
    }
  }
  return rows;
}
