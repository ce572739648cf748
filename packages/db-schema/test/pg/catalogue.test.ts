import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();

test("the roles can neither log in nor bypass policies", async () => {
  const rows = await rowsOf(
    database.db,
    sql`select rolname::text as name, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname like 'devora\_%' and rolname in ('devora_app', 'devora_service', 'devora_definer') order by 1`,
  );
  expect(rows).toEqual(
    ["devora_app", "devora_definer", "devora_service"].map((name) => ({
      name,
      rolcanlogin: false,
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
    })),
  );
});
