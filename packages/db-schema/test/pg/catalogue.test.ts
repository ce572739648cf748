import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();
test("every table, partition included, forces row level security", async () => {
  const open = await rowsOf(
    database.db,
    sql`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and c.relname <> 'migrations'
        and not (c.relrowsecurity and c.relforcerowsecurity)`,
  );
  expect(open).toEqual([]);
});

test("no policy lacks its clause, and no partition is granted to anybody", async () => {
  const clauses = await rowsOf(
    database.db,
    sql`select polname::text as name from pg_policy where (polcmd in ('r', 'd') and polqual is null) or (polcmd = '*' and (polqual is null or polwithcheck is null)) or (polcmd = 'a' and polwithcheck is null)`,
  );
  expect(clauses).toEqual([]);
  const granted = await rowsOf(
    database.db,
    sql`select c.relname::text as name from pg_class c, aclexplode(c.relacl) a where c.relispartition and a.grantee <> c.relowner`,
  );
  expect(granted).toEqual([]);
});

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
