import { createHash } from "node:crypto";
import { type MigrationTarget, rowsOf } from "@devora/db-schema";
import type { TestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import type { Migration } from "../../src/migrations/migration.ts";

let count = 0;

/** A migration of module core that sorts after all made before, and after the bundled ones. */
export function migrationFile(up: string, down = ""): Migration {
  count += 1;
  return {
    module: "core",
    name: `${9000 + count}_test`,
    checksum: createHash("sha256").update(up).digest("hex"),
    up,
    down,
  };
}

export const targetOf = ({ client, url }: Pick<TestDatabase, "client" | "url">): MigrationTarget =>
  url === undefined ? { client } : { url };

/** Names of the migrations of {@link migrationFile} that the ledger has. */
export async function ledgerOf({ db }: TestDatabase): Promise<string[]> {
  const rows = await rowsOf(
    db,
    sql`select name from devora.migrations where name > '9' order by applied_at, name`,
  );
  return rows.map((row) => String(row.name));
}

/** `valid` or `invalid`, or undefined where there is no such index. */
export async function indexState({ db }: TestDatabase, name: string): Promise<string | undefined> {
  const [row] = await rowsOf(
    db,
    sql`
      select case when i.indisvalid then 'valid' else 'invalid' end as state
      from pg_index i where i.indexrelid = to_regclass(${name}::text)`,
  );
  return row?.state as string | undefined;
}
