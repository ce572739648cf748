import { type Row, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { type Check, type Diagnosis, error, ok } from "./check.ts";

export const pgvectorQuery = sql`
  select extversion as version from pg_catalog.pg_extension where extname = 'vector'`;

/** Iterative scans, without which a filter leaves hits out, came with 0.8. */
export function diagnosePgvector(row: Row | undefined): Diagnosis {
  if (row === undefined) {
    return error(
      "The extension vector (pgvector) is not installed.",
      'Run migrate({ modules: ["core", "embeddings"] }) on a server that has pgvector 0.8 or newer.',
    );
  }
  const version = String(row.version);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const figures = { version };
  return major > 0 || minor >= 8
    ? ok(`pgvector ${version} is installed.`, figures)
    : error(
        `pgvector ${version} is too old: it has no iterative scans, which every search by the index needs.`,
        "Install pgvector 0.8 or newer on the server, then: alter extension vector update;",
        figures,
      );
}

export const pgvector: Check = {
  name: "pgvector",
  examine: async ({ tx }) => diagnosePgvector((await rowsOf(tx, pgvectorQuery))[0]),
};
