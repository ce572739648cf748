import { readFileSync } from "node:fs";
import {
  accentFoldingConfig,
  type Database,
  DatabaseError,
  ownedBy,
  ownerPolicies,
  rlsFor,
  rowsOf,
  type SchemaError,
  searchVector,
  textConfig,
  withDatabaseErrors,
  withService,
  withUser,
} from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { eq, type SQL, sql } from "drizzle-orm";
import {
  bigint,
  char,
  index,
  integer,
  PgDialect,
  type PgTable,
  pgSchema,
  pgTable,
  serial,
  text,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, test } from "vitest";
import * as example from "./own-tables.example.ts";

const database = useTestDatabase();
const textOf = (query: SQL) => new PgDialect().sqlToQuery(query).sql;

/** What `drizzle-kit generate` writes for these tables, run statement by statement. */
async function generate(db: Database, tables: Record<string, PgTable>): Promise<void> {
  const statements = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(tables));
  for (const statement of statements) await db.execute(sql.raw(statement));
}

const byBigint = pgTable(
  "by_bigint",
  {
    id: serial("id").primaryKey(),
    owner: bigint("owner", { mode: "number" }).notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("by_bigint_owner_idx").on(t.owner), ...ownerPolicies(t.owner)],
);
const byText = pgTable(
  "by_text",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    owner: text("owner").notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("by_text_owner_idx").on(t.owner), ...ownerPolicies(t.owner)],
);
const byUuid = pgSchema("billing").table(
  "by_uuid",
  { id: serial("id").primaryKey(), owner: uuid("owner").notNull(), body: text("body").notNull() },
  (t) => [index("by_uuid_owner_idx").on(t.owner), ...ownerPolicies(t.owner)],
);
const byVarchar = pgTable(
  "by_varchar",
  {
    id: serial("id").primaryKey(),
    owner: varchar("owner", { length: 4 }).notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("by_varchar_owner_idx").on(t.owner)],
);

interface Case {
  name: string;
  table: typeof byBigint;
  statements: () => SQL[];
  ada: string;
  bob: string;
}
const cases = [
  {
    name: "bigint",
    table: byBigint,
    statements: () => rlsFor(byBigint, { owner: byBigint.owner }),
    ada: "1",
    bob: "2",
  },
  {
    name: "text",
    table: byText,
    statements: () => rlsFor(byText, { owner: byText.owner }),
    ada: "ada",
    bob: "bob",
  },
  {
    name: "uuid",
    table: byUuid,
    statements: () => rlsFor(byUuid, { owner: byUuid.owner }),
    ada: "0190a6c2-0000-7000-8000-000000000001",
    bob: "0190a6c2-0000-7000-8000-000000000002",
  },
  {
    name: "varchar",
    table: byVarchar,
    statements: () => rlsFor(byVarchar, { owner: byVarchar.owner }),
    ada: "ada",
    bob: "bob",
  },
] as unknown as Case[];

beforeAll(async () => {
  const { db } = database;
  await db.execute(sql`create schema billing`);
  await generate(db, { byBigint, byText, byUuid, byVarchar });
});

describe.each(cases)("rows owned by $name", ({ table, statements, ada, bob }) => {
  const add = (tx: Database, owner: string) =>
    tx.insert(table).values({ owner: owner as unknown as number, body: `of ${owner}` });
  const bodies = async (tx: Database) =>
    (await tx.select({ body: table.body }).from(table)).map((row) => row.body);

  beforeAll(async () => {
    // Twice: a migration that is run again changes nothing.
    for (const statement of [...statements(), ...statements()]) await database.db.execute(statement);
    await withUser(database.db, ada, (tx) => add(tx, ada));
    await withUser(database.db, bob, (tx) => add(tx, bob));
  });

  test("are read, changed and written by their owner alone, and by the service", async () => {
    const { db } = database;
    expect(await withUser(db, ada, bodies)).toEqual([`of ${ada}`]);
    const changed = await withUser(db, bob, (tx) =>
      tx.update(table).set({ body: "taken" }).returning({ id: table.id }),
    );
    expect(changed).toHaveLength(1);
    await withUser(db, bob, (tx) => tx.update(table).set({ body: `of ${bob}` }));
    expect(await withUser(db, ada, bodies)).toEqual([`of ${ada}`]);
    for (const steal of [
      (tx: Database) => add(tx, ada),
      (tx: Database) => tx.update(table).set({ owner: ada as unknown as number }),
    ]) {
      const stolen = withDatabaseErrors("test.steal", () => withUser(db, bob, steal));
      await expect(stolen).rejects.toMatchObject({ sqlState: "42501" });
    }
    expect((await withService(db, bodies)).sort()).toEqual([`of ${ada}`, `of ${bob}`].sort());
  });

  test("are seen by nobody without a scope, the table's owner included", async () => {
    const { db } = database;
    const unscoped = await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('role', 'devora_app', true)`);
      return bodies(tx);
    });
    expect(unscoped).toEqual([]);
    const [flags] = await rowsOf(
      db,
      sql`select relrowsecurity, relforcerowsecurity from pg_class where relname = ${textOf(sql`${table}`).split('"').at(-2)}::text`,
    );
    expect(flags).toEqual({ relrowsecurity: true, relforcerowsecurity: true });
  });

  test("are found by the index on the owner", async () => {
    const plan = await withUser(database.db, ada, async (tx) => {
      await tx.execute(
        sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`,
      );
      return rowsOf(tx, sql`explain (costs off) select body from ${table}`);
    });
    const lines = plan.map((row) => String(row["QUERY PLAN"])).join("\n");
    expect(lines).toMatch(/Index Scan using by_\w+_owner_idx/);
    expect(lines).toMatch(/Index Cond: \(+owner\)?(::text)? = /);
  });
});

test("an id longer than its column is another's, not a shortened one", async () => {
  const { db } = database;
  await withUser(db, "adam", (tx) => tx.insert(byVarchar).values({ owner: "adam", body: "adam's" }));
  expect(await withUser(db, "adamant", (tx) => tx.select().from(byVarchar))).toEqual([]);
});

test("rlsFor does what devora.protect_table does", async () => {
  const { db } = database;
  await db.execute(sql`create table theirs (owner bigint not null)`);
  await db.execute(sql`create table ours (owner bigint not null)`);
  const theirs = pgTable("theirs", { owner: bigint("owner", { mode: "number" }).notNull() });
  for (const statement of rlsFor(theirs, { owner: theirs.owner, privileges: ["select", "insert"] }))
    await db.execute(statement);
  await db.execute(sql`select devora.protect_table('ours', 'owner', 'select, insert')`);
  const safetyOf = async (name: string) => {
    const rows = await rowsOf(
      db,
      sql`
        select replace(format('%s %s %s %s %s %s', polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), ${name}::text, 't') as line
        from pg_policy where polrelid = ${name}::text::regclass
        union all
        select format('%s %s %s', relrowsecurity, relforcerowsecurity, relacl) from pg_class where oid = ${name}::text::regclass
        order by line`,
    );
    return rows.map((row) => row.line);
  };
  const safety = await safetyOf("theirs");
  expect(safety).toHaveLength(3);
  expect(safety).toEqual(await safetyOf("ours"));
});

test("an existing policy without clauses, as drizzle-kit push makes it, is put right", async () => {
  const { db } = database;
  await db.execute(sql`create table pushed (owner text not null)`);
  await db.execute(sql`create policy pushed_owner_isolation on pushed for all to public`);
  const pushed = pgTable("pushed", { owner: text("owner").notNull() });
  for (const statement of rlsFor(pushed, { owner: pushed.owner, privileges: [] }))
    await db.execute(statement);
  const policies = await rowsOf(
    db,
    sql`select count(*)::int as count from pg_policies where tablename = 'pushed' and qual is not null and with_check is not null`,
  );
  expect(policies).toEqual([{ count: 2 }]);
  const refused = withUser(db, "ada", (tx) => tx.select().from(pushed));
  await expect(withDatabaseErrors("test.read", () => refused)).rejects.toBeInstanceOf(DatabaseError);
});

test("the statements are those of the documentation", () => {
  const own = pgTable("notes", { userId: bigint("user_id", { mode: "number" }).notNull() });
  const owned = `"notes"."user_id" = (select nullif(current_setting('app.user_id', true), '')::bigint)`;
  expect(textOf(ownedBy(own.userId))).toBe(owned);
  expect(rlsFor(own, { owner: own.userId }).map(textOf)).toEqual([
    'alter table "notes" enable row level security',
    'alter table "notes" force row level security',
    'drop policy if exists "notes_owner_isolation" on "notes"',
    `create policy "notes_owner_isolation" on "notes" for all to public using (${owned}) with check (${owned})`,
    'drop policy if exists "notes_service" on "notes"',
    'create policy "notes_service" on "notes" for all to devora_service using (true) with check (true)',
    'grant select, insert, update, delete on "notes" to "devora_service"',
    'grant select, insert, update, delete on "notes" to "devora_app"',
  ]);
});

test("an owner of a wrong type or of another table is refused", () => {
  const odd = pgTable("odd", { at: char("at", { length: 3 }).array(), other: integer("other") });
  const refused = { code: "INVALID_OPTION" } satisfies Partial<SchemaError>;
  expect(() => ownedBy(odd.at as never)).toThrow(expect.objectContaining(refused));
  expect(() => rlsFor(odd, { owner: byText.owner as never })).toThrow(expect.objectContaining(refused));
  expect(() => rlsFor(odd, { owner: odd.other, privileges: ["truncate" as never] })).toThrow(
    expect.objectContaining(refused),
  );
});

test.each<[string, () => unknown]>([
  ["a language", () => textConfig(sql`language`, { "d'e": "german" })],
  ["a configuration", () => textConfig(sql`language`, { de: "german'; drop table users; --" })],
  [
    "a configuration's capital letter",
    () => searchVector("s", { language: sql`l`, title: sql`t`, body: sql`b`, languages: { de: "German" } }),
  ],
  [
    "a folding configuration without its schema",
    () => accentFoldingConfig({ name: "german_folded", base: "german" }),
  ],
  ["a folding configuration's base", () => accentFoldingConfig({ name: "public.x", base: "german)" })],
])("%s with other letters than a name has is refused", (_kind, make) => {
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

describe("the page about your own tables", () => {
  const page = readFileSync(new URL("../../../../docs/your-own-tables.md", import.meta.url), "utf8");
  // The formatter of the code and that of the page break lines differently.
  const plain = (code: string) => code.replace(/\s+/g, "").replace(/,(?=[)}\]])/g, "");

  beforeAll(async () => {
    const { client, db } = database;
    await example.prepare(client, db);
    await generate(db, { members: example.members, notes: example.notes });
    await example.protect(db);
  });

  test("has the code that this test runs", () => {
    const code = plain(readFileSync(new URL("./own-tables.example.ts", import.meta.url), "utf8"));
    const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map((match) => plain(match[1] ?? ""));
    expect(blocks.length).toBeGreaterThan(3);
    expect(blocks.filter((block) => !code.includes(block))).toEqual([]);
  });

  test("has the SQL that rlsFor makes", () => {
    const block = /```sql\n(.*?)```/s.exec(page)?.[1] ?? "";
    expect(plain(block)).toBe(plain(example.migrationText()));
  });

  test("leads to rows that are owned, searched in their language, and kept in time", async () => {
    const { db } = database;
    const [ada] = await example.addMember(db, "ada@example.com");
    const [bob] = await example.addMember(db, "bob@example.com");
    if (!ada || !bob) throw new Error("two members");
    await example.addNote(db, ada.id, { language: "de", title: "Größere Häuser" });
    await example.addNote(db, ada.id, { language: "es", title: "Las canciones" });
    await example.addNote(db, ada.id, { language: "en", title: "Running late" });
    await example.addNote(db, bob.id, { language: "de", title: "Bobs Haus" });
    const titles = async (language: string, query: string) =>
      (await example.findNotes(db, ada.id, language, query)).map((note) => note.title);
    expect(await titles("de", "grosser haus")).toEqual(["Größere Häuser"]);
    expect(await titles("es", "canción")).toEqual(["Las canciones"]);
    expect(await titles("en", "run")).toEqual(["Running late"]);
    expect(await titles("de", "bobs")).toEqual([]);
    expect(await example.countAllNotes(db)).toBe(4);

    // A writer that does not know of Drizzle's $onUpdate.
    await withUser(db, String(ada.id), (tx) =>
      tx.execute(sql`update notes set title = 'Running' where language = 'en'`),
    );
    const [changed] = await withUser(db, String(ada.id), (tx) =>
      tx.select().from(example.notes).where(eq(example.notes.language, "en")),
    );
    expect(changed?.updatedAt.getTime()).toBeGreaterThan(changed?.createdAt.getTime() ?? Number.NaN);
    expect(changed?.deletedAt).toBeNull();
  });
});
