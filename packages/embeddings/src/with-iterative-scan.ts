import { type Database, rowsOf } from "@devora/db-schema";
import { decodeScanSettings, scanSettingsQuery, setScanSettingsQuery } from "./queries/scan-settings.ts";

/** Width of a scan where the call names none; pgvector's own default is 40. */
const defaultEf = 100;

export const iterativeScan = (ef: number | undefined) => ({
  iterativeScan: "relaxed_order",
  efSearch: String(ef ?? defaultEf),
});

/**
 * Lets the HNSW scans of `fn` go on until enough rows pass the filters. Without, a filter that one row in fifty
 * passes left 1 of 10 hits.
 */
export async function withIterativeScan<T>(
  tx: Database,
  { borrowed, ef }: { borrowed: boolean; ef?: number | undefined },
  fn: () => Promise<T>,
): Promise<T> {
  const before = borrowed ? decodeScanSettings((await rowsOf(tx, scanSettingsQuery))[0]) : undefined;
  await tx.execute(setScanSettingsQuery(iterativeScan(ef)));
  const result = await fn();
  if (before !== undefined) await tx.execute(setScanSettingsQuery(before));
  return result;
}
