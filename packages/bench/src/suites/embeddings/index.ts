import { migrate } from "@devora/db-schema";
import type { BenchRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import type { SuiteOptions } from "../../suite.ts";
import { loadingRows } from "./loading.ts";
import { ownerRows } from "./owners.ts";
import { howToInstallRivals, rivalsAreInstalled } from "./rivals.ts";

/**
 * Storing and searching vectors beside other libraries, and what users find who own little of a large table. Size 1
 * is 20,000 chunks for the first and 100,000 for the second; databases are the suite's own.
 */
export async function embeddings({ size, log }: SuiteOptions): Promise<BenchRow[]> {
  if (!rivalsAreInstalled())
    log(`Without LangChain and Mastra, which are installed by: ${howToInstallRivals}`);
  const chunks = Math.round(20_000 * size);
  log(`storing ${chunks.toLocaleString("en")} chunks …`);
  const loading = await loadingRows(chunks, log);
  const { db, target, close } = await openScratchDatabase();
  try {
    await migrate(target);
    const rows = Math.round(100_000 * size);
    log(`embedding ${rows.toLocaleString("en")} rows of users …`);
    return [...loading, ...(await ownerRows(db, rows, log))];
  } finally {
    await close();
  }
}
