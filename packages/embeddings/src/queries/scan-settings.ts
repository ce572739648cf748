import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** pgvector's settings of one transaction. */
export interface ScanSettings {
  iterativeScan: string;
  efSearch: string;
}

/** The settings now in force; pgvector's defaults where the library is not loaded yet. */
export const scanSettingsQuery: SQL = sql`
  select
    coalesce(nullif(current_setting('hnsw.iterative_scan', true), ''), 'off') as iterative_scan,
    coalesce(nullif(current_setting('hnsw.ef_search', true), ''), '40') as ef_search`;

export const decodeScanSettings = (row: Row | undefined): ScanSettings => ({
  iterativeScan: String(row?.iterative_scan ?? "off"),
  efSearch: String(row?.ef_search ?? "40"),
});

/** Local to the transaction, so that a pooled connection forgets them. */
export const setScanSettingsQuery = (settings: ScanSettings): SQL => sql`select ${scanSettings(settings)}`;

/** As columns of a statement that comes before the scan. */
export const scanSettings = ({ iterativeScan, efSearch }: ScanSettings): SQL => sql`
  set_config('hnsw.iterative_scan', ${iterativeScan}::text, true),
  set_config('hnsw.ef_search', ${efSearch}::text, true)`;
