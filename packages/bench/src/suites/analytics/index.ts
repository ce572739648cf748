import { ensurePartitions, migrate } from "@devora/db-schema";
import { seedPopulation } from "@devora/db-schema/seed";
import type { BenchRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import type { SuiteOptions } from "../../suite.ts";
import { buffered } from "./buffered.ts";
import { delivery } from "./delivery.ts";
import { faults } from "./faults/index.ts";
import { inTransaction } from "./in-transaction.ts";
import { memoryRows } from "./memory.ts";

/** What capturing events costs: the caller, and the database. In a database of the suite's own; its size is fixed, but for memory. */
export async function analytics({ size, memory, log }: SuiteOptions): Promise<BenchRow[]> {
  const { db, target, url, close } = await openScratchDatabase();
  try {
    await migrate(target);
    await ensurePartitions(db, { from: new Date(Date.now() - 31 * 86_400_000) });
    await seedPopulation(db, { size: 0.1 });
    // Alone: what the other figures leave behind is no memory of capturing.
    if (memory) return await memoryRows(db, size, log);
    return [
      ...(await inTransaction(db, log)),
      ...(await buffered(db, url, log)),
      ...(await delivery(db, log)),
      ...(await faults(db, url, log)),
    ];
  } finally {
    await close();
  }
}
