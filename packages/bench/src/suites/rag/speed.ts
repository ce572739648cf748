import { createRag } from "@devora/rag";
import { measure } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import type { SuiteOptions } from "../../suite.ts";
import { queryOf, vectorOf } from "../embeddings/chunks.ts";
import { queryClasses } from "../search/query-classes.ts";
import { fillStore, freeEmbedder, largeUser, ownerOf } from "./store.ts";

/** Of each class: single words that are rare, middling and common, and questions of eight words. */
const queriesPerClass = 60;

/** `retrieveContext` in one statement and side by side, without the embedder's own time. */
export async function speedRows({ size, log }: SuiteOptions): Promise<BenchRow[]> {
  const count = Math.round(100_000 * size);
  const many = count.toLocaleString("en");
  const database = await openScratchDatabase();
  try {
    log(`storing ${many} passages …`);
    const vectors = new Map<string, readonly number[]>();
    const { search, embeddings, use } = await fillStore(database, count, {
      embedder: freeEmbedder(vectors),
      log,
    });
    const queries = queryClasses(use, true).flatMap((one) => one.queries.slice(0, queriesPerClass));
    for (const [at, query] of [...new Set(queries)].entries()) vectors.set(query, vectorOf(queryOf(at)));
    const retrievers = { keyword: search, semantic: embeddings };
    const together = createRag({ retrievers, db: database.db });
    const apart = createRag({ retrievers });

    const rows: BenchRow[] = [];
    for (const [who, ownerAt] of [
      ["one user's half", () => largeUser],
      ["many users", (run: number) => ownerOf(2 * run + 1)],
    ] as const) {
      log(`measuring retrieval of ${who} …`);
      const call = (run: number) => ({ query: queries[run % queries.length] ?? "", userId: ownerAt(run) });
      const runs = queries.length;
      const times = await measure(
        {
          "one statement": (run) => together.retrieveContext(call(run)),
          "side by side": (run) => apart.retrieveContext(call(run)),
        },
        { runs, warmUp: runs },
      );
      for (const [way, { p50, p95 }] of Object.entries(times))
        for (const [share, measured, goal] of [
          ["p50", p50, 30],
          ["p95", p95, 80],
        ] as const)
          rows.push(
            toRow({
              suite: "rag",
              name: `retrieval at ${many} chunks, ${who}, ${way}, ${share} of ${runs}`,
              measured,
              unit: "ms",
              goal,
            }),
          );
    }
    return rows;
  } finally {
    await database.close();
  }
}
