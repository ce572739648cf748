import { ensurePartitions, migrate } from "@devora/db-schema";
import type { BenchRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import type { SuiteOptions } from "../../suite.ts";
import { bulkInsert } from "./bulk-insert.ts";
import { fill, sizes } from "./fill.ts";
import { fullText } from "./full-text.ts";
import { migrateEmpty } from "./migrate-empty.ts";
import { projectsPage } from "./projects-page.ts";

/** What row level security and the ways to write cost, in a database of the suite's own. Its size is fixed. */
export async function schema({ log }: SuiteOptions): Promise<BenchRow[]> {
  log("migrating empty databases …");
  const migration = await migrateEmpty();
  const { db, target, url, close } = await openScratchDatabase();
  try {
    await migrate(target);
    await ensurePartitions(db, { from: new Date(Date.now() - 62 * 86_400_000) });
    log(
      `filling ${Object.entries(sizes)
        .map(([name, size]) => `${size.toLocaleString("en")} ${name}`)
        .join(", ")} …`,
    );
    await fill(db);
    log("measuring …");
    return [
      ...(await projectsPage(db)),
      ...(await fullText(db)),
      ...migration,
      ...(await bulkInsert(db, url, log)),
    ];
  } finally {
    await close();
  }
}
