import { migrate } from "@devora/db-schema";
import { measure } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { openScratchDatabase, type ScratchDatabase } from "../../scratch-database.ts";

/** All modules into an empty database, a new one each time. */
export async function migrateEmpty(): Promise<BenchRow[]> {
  const empty: ScratchDatabase[] = [];
  for (let run = 0; run < 4; run++) empty.push(await openScratchDatabase());
  try {
    const { migrated } = await measure(
      { migrated: async (run) => migrate((empty[run] as ScratchDatabase).target) },
      { runs: 3, warmUp: 1 },
    );
    return [
      toRow({ suite: "schema", name: "migrate an empty database", measured: migrated.p50, unit: "ms" }),
    ];
  } finally {
    for (const database of empty) await database.close();
  }
}
