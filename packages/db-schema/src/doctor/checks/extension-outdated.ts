import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const extensionOutdated: Check = {
  name: "extension-outdated",
  query: ({ embeddings }) =>
    embeddings
      ? sql`
        select extversion as version from pg_catalog.pg_extension
        where extname = 'vector'
          and string_to_array(substring(extversion from '^[0-9.]*[0-9]'), '.')::int[] < array[0, 8, 3]`
      : undefined,
  finding: ({ version }) => ({
    severity: "warning",
    object: "vector",
    message: `pgvector ${version} is older than 0.8.3, the oldest version that module embeddings supports.`,
    fix: "Install pgvector 0.8.3 or newer on the server, then: alter extension vector update;",
  }),
};
