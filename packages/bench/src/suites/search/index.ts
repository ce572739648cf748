import { migrate } from "@devora/db-schema";
import { createSearch, devoraSources, installSearch } from "@devora/search";
import { sql } from "drizzle-orm";
import type { BenchRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import type { SuiteOptions } from "../../suite.ts";
import { fill } from "./fill.ts";
import { lookupRows } from "./lookups.ts";
import { memoryRows } from "./memory.ts";
import { rowCount, sizesOf } from "./population.ts";
import { qualityRows } from "./quality.ts";
import { queryClasses } from "./query-classes.ts";
import { searchAllRows } from "./search-all.ts";
import { suggestionRows } from "./suggestions.ts";

/** Speed of searches by how frequent their words are, and quality of ranking; in a database of the suite's own. */
export async function search({ size, memory, log }: SuiteOptions): Promise<BenchRow[]> {
  const { db, target, close } = await openScratchDatabase();
  try {
    await migrate(target);
    await installSearch(db, devoraSources);
    const sizes = sizesOf(size);
    const [others, own] = [rowCount(sizes.others), rowCount(sizes.largeUser)].map((n) =>
      n.toLocaleString("en"),
    );
    log(`filling ${others} rows of ${sizes.others.users} users, and ${own} of one large user …`);
    const start = performance.now();
    const use = await fill(db, sizes);
    log(`filled in ${((performance.now() - start) / 1000).toFixed(0)} s`);

    const devora = createSearch({ db });
    log("counting words …");
    const counting = performance.now();
    await devora.refreshStatistics({ batchSize: 10_000 });
    // As autovacuum would some time later, and not while searches are timed.
    for (const table of ["search_vocabulary", "search_words", "search_statistics", "search_collections"]) {
      await db.execute(sql`vacuum (analyze) devora.${sql.identifier(table)}`);
    }
    log(`counted in ${((performance.now() - counting) / 1000).toFixed(0)} s`);
    const rare = queryClasses(use, true)[0]?.queries ?? [];
    log("measuring searches of the large user …");
    const ofLargeUser = await searchAllRows(devora, queryClasses(use, true), { scope: "largeUser", log });
    log("measuring searches over all rows …");
    const ofAll = await searchAllRows(devora, queryClasses(use, false), { scope: "all", log });
    log("measuring suggestions, look-ups of names and ranking quality …");
    return [
      ...ofLargeUser,
      ...ofAll,
      ...(await suggestionRows(devora, use.wordsBetween(0.0007, 0.01).slice(0, 300))),
      ...(await lookupRows(db, devora, log)),
      ...(await qualityRows(log)),
      ...(memory ? await memoryRows(devora, rare, log) : []),
    ];
  } finally {
    await close();
  }
}
