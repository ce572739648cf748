import { newId } from "@devora/db-schema";
import { hasServer, plantRows, quoted, readTables, useTestDatabase } from "@devora/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { installedFacts } from "./facts.ts";

const database = useTestDatabase();

// COPY speaks a protocol of its own, which PGlite offers to its superuser alone.
test.skipIf(!hasServer())(
  "copy gives the own rows, and takes none (skipped where DATABASE_URL names no server)",
  async () => {
    const facts = installedFacts();
    const tables = await readTables(database.db);
    const rows = await plantRows(database.db, tables, facts);
    const client = new pg.Client({ connectionString: database.url ?? "" });
    await client.connect();
    const attempt = async (statement: string): Promise<string> => {
      await client.query("savepoint attempt");
      const outcome = await client.query(statement).then(
        (result) => `${result.rowCount} rows`,
        (error: { code?: string }) => String(error.code),
      );
      await client.query("rollback to attempt");
      return outcome;
    };

    for (const user of [rows.alice, rows.bob, newId(), ""]) {
      await client.query("begin");
      await client.query(
        "select set_config('app.user_id', $1, true), set_config('role', 'devora_app', true)",
        [user],
      );
      for (const table of tables) {
        const { owner = null, app = [] } = facts.tables[table.name] ?? {};
        const seen =
          owner === null
            ? rows.total(table)
            : rows.of(table).filter((row) => row.owner !== null && row.owner === user).length;
        const readable = app.includes("select");
        const columns = table.columns
          .filter((column) => !column.computed)
          .map((column) => quoted(column.name));
        expect(
          `${table.name}: ${await attempt(`copy (select * from ${quoted(table.name)}) to stdout`)}`,
        ).toBe(`${table.name}: ${readable ? `${seen} rows` : "42501"}`);
        expect(
          `${table.name}: ${await attempt(`copy ${quoted(table.name)} (${columns.join(", ")}) to stdout`)}`,
        ).toBe(`${table.name}: ${readable ? `${seen} rows` : "42501"}`);
        // "COPY FROM not supported with row-level security"
        expect(
          `${table.name}: ${await attempt(`copy ${quoted(table.name)} (${columns.join(", ")}) from stdin`)}`,
        ).toBe(`${table.name}: ${app.includes("insert") ? "0A000" : "42501"}`);
      }
      await client.query("rollback");
    }
    await client.end();
  },
);
