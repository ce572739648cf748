import { getTableName, type Table } from "drizzle-orm";

/** What `devora.protect_table` calls a table's policies. */
export const policyNames = (table: Table): { owner: string; service: string } => ({
  owner: `${getTableName(table)}_owner_isolation`,
  service: `${getTableName(table)}_service`,
});
