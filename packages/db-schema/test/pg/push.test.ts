import * as schema from "@devora/db-schema";
import {
  driverErrorOf,
  newId,
  rollback,
  rowsOf,
  type SchemaError,
  status,
  withService,
  withUser,
} from "@devora/db-schema";
import { push } from "@devora/db-schema/push";
import { catalogueOf, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  pgEnum,
  pgPolicy,
  pgSchema,
  pgTable,
  pgView,
  serial,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { expect, test, vi } from "vitest";
import { targetOf, withDatabase, withEmptyDatabase } from "../support/push-database.ts";
import { editedProjects, notes } from "../support/push-schema.ts";

const migrated = useTestDatabase();
/** PostgreSQL 18 lists NOT NULL as a constraint too; columns say it already. */
const added = (before: readonly string[], after: readonly string[]) =>
  after.filter((line) => !before.includes(line) && !line.includes(" NOT NULL "));

test("an empty database becomes what the migrations make, and a second push finds nothing to do", async () => {
  await withEmptyDatabase(async (own) => {
    const first = await push(targetOf(own));
    expect(first.statements).toEqual([]);
    expect(first.migrated.map(({ module }) => module)).toEqual([...targetOf(own).modules]);
    expect(await catalogueOf(own.db)).toEqual(await catalogueOf(migrated.db));

    const second = await push(targetOf(own));
    expect(second).toMatchObject({ migrated: [], statements: [] });
    expect(second.discarded.map(({ statement }) => statement)).toContain(
      'alter table "public"."users" drop constraint "users_email_check"',
    );
    expect(second.discarded.every(({ reason }) => reason.endsWith("."))).toBe(true);
  });
});

test("without modules it takes those that the database has", async () => {
  await withEmptyDatabase(async (own) => {
    const { modules: _all, ...target } = targetOf(own);
    await schema.migrate({ ...target, modules: ["search"] });
    expect(await push(target)).toMatchObject({ migrated: [], statements: [] });
    const { statements, discarded } = await push({ ...target, schema });
    expect(statements).toEqual([]);
    expect(discarded).toContainEqual({
      statement: 'create table "public"."projects"',
      reason: "The module app is not installed; name it in modules.",
    });
    expect(new Set((await status(target)).filter((m) => m.state === "applied").map((m) => m.module))).toEqual(
      new Set(["core", "search"]),
    );
  });
});

test("modules that the database has count although others are named, and an unknown one is refused", async () => {
  const { statements, discarded } = await push({ ...targetOf(migrated), modules: ["app"], schema });
  expect(statements).toEqual([]);
  expect(discarded.filter(({ statement }) => statement.startsWith("create view"))).toEqual([]);
  const told = discarded.filter(({ reason }) => reason.includes("not installed"));
  const { modules } = targetOf(migrated);
  expect(told.length > 0).toBe(!modules.includes("embeddings"));
  await expect(push({ ...targetOf(migrated), modules: ["billing" as "app"] })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("columns, defaults, indexes, checks and foreign keys arrive, new and changed, once", async () => {
  await withDatabase(async (own) => {
    const { db } = own;
    const before = await catalogueOf(db);
    const userId = await seedUser(db);
    const projectId = await seedProject(db, userId);
    const options = { ...targetOf(own), schema: { ...schema, projects: editedProjects } };

    const { statements } = await push(options);
    expect(statements.length).toBeGreaterThan(6);
    const after = await catalogueOf(db);
    expect(added(before, after)).toEqual([
      "column public.projects.color text notnull=t identity= generated= acl= default='blue'::text",
      "column public.projects.project_type text notnull=f identity= generated= acl= default='app'::text",
      "constraint public.projects projects_color_check CHECK ((color ~ '^[a-z]+$'::text))",
      "constraint public.projects projects_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text, 'draft'::text])))",
      "constraint public.projects projects_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT",
      "index CREATE INDEX projects_color_idx ON public.projects USING btree (user_id, lower(color)) WHERE (deleted_at IS NULL) valid=t",
      "index CREATE INDEX projects_created_at_idx ON public.projects USING btree (created_at, id) valid=t",
    ]);
    // What went is what came back otherwise, and the comment of the index that was made anew.
    expect(added(after, before)).toHaveLength(5);
    const rows = await withUser(db, userId, (tx) => tx.select().from(editedProjects));
    expect(rows).toMatchObject([{ id: projectId, color: "blue" }]);

    expect((await push(options)).statements).toEqual([]);
    expect(await catalogueOf(db)).toEqual(after);
  });
});

test("types widen without losing a value", async () => {
  const small = pgTable("counters", { id: integer("id").primaryKey(), userId: uuid("user_id").notNull() });
  const big = pgTable("counters", {
    id: bigint("id", { mode: "number" }).primaryKey(),
    userId: uuid("user_id").notNull(),
  });
  await withDatabase(async (own) => {
    await push({ ...targetOf(own), schema: { small } });
    const userId = newId();
    await withUser(own.db, userId, (tx) => tx.insert(small).values({ id: 7, userId }));
    const { statements } = await push({ ...targetOf(own), schema: { big } });
    expect(statements).toEqual(['alter table "public"."counters" alter column "id" type bigint']);
    expect(await withUser(own.db, userId, (tx) => tx.select().from(big))).toEqual([{ id: 7, userId }]);
    await expect(push({ ...targetOf(own), schema: { small } })).rejects.toMatchObject({
      code: "PUSH_REFUSED",
    });
  });
});

test("a new table is its owners' alone from the moment it exists", async () => {
  await withDatabase(async (own) => {
    const { db } = own;
    await push({ ...targetOf(own), schema: { notes } });
    const ada = newId();
    const bob = newId();
    const asApp = { role: "devora_app" };
    const values = { userId: ada, projectId: newId(), body: "mine" };
    await withUser(db, ada, (tx) => tx.insert(notes).values(values), asApp);
    expect(await withUser(db, ada, (tx) => tx.select().from(notes), asApp)).toHaveLength(1);
    expect(await withUser(db, bob, (tx) => tx.select().from(notes), asApp)).toEqual([]);
    await expect(withUser(db, bob, (tx) => tx.insert(notes).values(values), asApp)).rejects.toThrow();
    expect(await withService(db, (tx) => tx.select().from(notes))).toHaveLength(1);
    const [security] = await rowsOf(
      db,
      sql`select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = 'public.notes'::regclass`,
    );
    expect(security).toEqual({ enabled: true, forced: true });
    expect((await push({ ...targetOf(own), schema: { notes } })).statements).toEqual([]);
  });
});

test("a new schema, an enum and a serial key arrive with their table", async () => {
  const crm = pgSchema("crm");
  const stage = crm.enum("stage", ["lead", "won, or 'kept'"]);
  const deals = crm.table("deals", {
    id: serial("id").primaryKey(),
    ownerId: text("owner_id").notNull(),
    stage: stage("stage").notNull().default("lead"),
  });
  await withDatabase(async (own) => {
    const { db } = own;
    await push({ ...targetOf(own), schema: { crm, stage, deals } });
    const asApp = { role: "devora_app" };
    expect(
      await withUser(db, "7", (tx) => tx.insert(deals).values({ ownerId: "7" }).returning(), asApp),
    ).toEqual([{ id: 1, ownerId: "7", stage: "lead" }]);
    expect(await withUser(db, "8", (tx) => tx.select().from(deals), asApp)).toEqual([]);
    expect((await push({ ...targetOf(own), schema: { crm, stage, deals } })).statements).toEqual([]);
    const other = crm.enum("stage", ["lead"]);
    await expect(push({ ...targetOf(own), schema: { crm, other, deals } })).rejects.toMatchObject({
      message: expect.stringContaining("type crm.stage has other values"),
    });
  });
});

test("a new table without an owner is refused, and the message says what to do", async () => {
  const countries = pgTable("countries", { code: text("code").primaryKey() });
  await expect(push({ ...targetOf(migrated), schema: { countries, notes } })).rejects.toMatchObject({
    code: "PUSH_REFUSED",
    message: expect.stringMatching(/public\.countries .*user_id nor owner_id.*protect_internal_table/),
  });
  expect(await rowsOf(migrated.db, sql`select to_regclass('public.notes')::text as notes`)).toEqual([
    { notes: null },
  ]);
});

test("what asks for a drop or a loss is refused in one message, and nothing is executed", async () => {
  await withDatabase(async (own) => {
    const { db } = own;
    await db.execute(sql`create index handmade_idx on public.projects (status)`);
    const before = await catalogueOf(db);
    const shrunk = pgTable("projects", {
      id: integer("id").notNull(),
      userId: uuid("user_id").primaryKey(),
      label: text("label"),
      name: text("name").notNull(),
      searchVector: schema
        .tsvector("search_vector")
        .notNull()
        .generatedAlwaysAs(sql`to_tsvector('simple', name)`),
    });
    const failure = await push({ ...targetOf(own), schema: { shrunk, notes } }).catch((error) => error);
    expect(failure.code).toBe("PUSH_REFUSED");
    for (const part of [
      "column public.projects.tags is not in the schema (and label not in the database; if that is a rename",
      "column public.projects.id: its type uuid would become integer",
      "column public.projects.search_vector: its generation expression changes",
      "index projects_created_at_idx of public.projects",
      "index handmade_idx of public.projects",
      "unique constraint projects_user_id_id_key of public.projects",
      "foreign key projects_user_id_fkey of public.projects",
      "primary key of public.projects would change",
    ]) {
      expect(failure.message).toContain(part);
    }
    expect(await catalogueOf(db)).toEqual(before);
  });
});

test("a table that looks renamed is refused rather than made anew and empty", async () => {
  const remarks = pgTable("remarks", {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id").notNull(),
    projectId: uuid("project_id").notNull(),
    body: text("body").notNull(),
  });
  await withDatabase(async (own) => {
    await push({ ...targetOf(own), schema: { notes } });
    await expect(push({ ...targetOf(own), schema: { remarks } })).rejects.toMatchObject({
      code: "PUSH_REFUSED",
      message: expect.stringContaining("table public.remarks is new and has the columns of public.notes"),
    });
    expect((await push({ ...targetOf(own), schema: { remarks, notes } })).statements.length).toBeGreaterThan(
      0,
    );
  });
});

test("partitions and their rows, views and the indexes of embedding models outlive a push", async () => {
  await withDatabase(async (own) => {
    const { db } = own;
    const event = {
      id: newId(),
      event: "early",
      distinct_id: "a",
      owner_id: null,
      occurred_at: "2031-05-05",
    };
    await db.execute(sql`select * from devora.capture_events(${JSON.stringify([event])}::jsonb, '{}')`);
    await withService(db, (tx) =>
      rowsOf(tx, sql`select devora.ensure_event_partitions('2031-04-01', '2031-06-01')`),
    );
    if (targetOf(own).modules.includes("embeddings")) {
      await withService(db, (tx) => tx.insert(schema.embeddingModels).values({ name: "m", dimensions: 8 }));
      await withService(db, (tx) => rowsOf(tx, sql`select devora.ensure_embedding_index(1)`));
    }
    const before = await catalogueOf(db);
    expect((await push(targetOf(own))).statements).toEqual([]);
    await push({ ...targetOf(own), schema: { ...schema, notes } });
    const after = await catalogueOf(db);
    expect(added(after, before)).toEqual([]);
    expect(added(before, after).every((line) => line.includes("notes"))).toBe(true);
    const [home] = await withService(db, (tx) =>
      rowsOf(
        tx,
        sql`select tableoid::regclass::text as home from devora.analytics_events where id = ${event.id}::uuid`,
      ),
    );
    expect(home).toEqual({ home: "devora.analytics_events_y2031m05" });
  });
});

test("a host's own objects stay, in the schema or not, whatever they are called", async () => {
  await withDatabase(async (own) => {
    const { db } = own;
    for (const statement of [
      "create type public.mood as enum ('sad', 'glad')",
      "create sequence public.projects_seq",
      "create table public.project (id bigint primary key default nextval('public.projects_seq'), mood public.mood)",
      "create table public.analytics_events (id uuid, user_id uuid)",
      "insert into public.project (mood) values ('glad')",
      "create view public.project_names as select name from public.projects",
      "create materialized view public.project_moods as select mood from public.project",
      "alter table public.project enable row level security",
      "create policy host_reads on public.project using (mood = 'glad')",
      "create policy host_reads on public.projects for select using (name = 'open')",
      "create function public.host() returns trigger language plpgsql as 'begin return new; end'",
      "create trigger host_trigger before insert on public.projects for each row execute function public.host()",
      "create schema crm",
      "create table crm.projects (id int primary key)",
      "create index on crm.projects (id)",
      "insert into crm.projects values (1)",
    ]) {
      await db.execute(sql.raw(statement));
    }
    const before = await catalogueOf(db);
    const { statements } = await push({ ...targetOf(own), schema: { ...schema, notes } });
    expect(statements.every((statement) => statement.includes("notes"))).toBe(true);
    const after = await catalogueOf(db);
    expect(added(after, before)).toEqual([]);
    expect(await rowsOf(db, sql`select mood::text from public.project_moods`)).toEqual([{ mood: "glad" }]);
    expect(await rowsOf(db, sql`select id::int from crm.projects`)).toEqual([{ id: 1 }]);
  });
});

test("policies, views and other things of a schema file are told as discarded", async () => {
  const journal = pgTable("journal", { userId: uuid("user_id").primaryKey() }, () => [
    pgPolicy("journal_open", { for: "select", using: sql`true` }),
  ]);
  const view = pgView("journal_view").as((query) => query.select().from(journal));
  await withDatabase(async (own) => {
    const { statements, discarded } = await push({ ...targetOf(own), schema: { journal, view } });
    expect(statements.filter((statement) => /policy|view/i.test(statement))).toEqual([]);
    expect(discarded.map(({ statement }) => statement)).toEqual(
      expect.arrayContaining([
        'create policy journal_open on "public"."journal"',
        expect.stringContaining("create view"),
      ]),
    );
    expect(
      await rowsOf(
        own.db,
        sql`select polname::text as name from pg_policy where polrelid = 'public.journal'::regclass order by 1`,
      ),
    ).toEqual([{ name: "journal_owner_isolation" }, { name: "journal_service" }]);
  });
});

test("a statement that fails in the middle leaves everything as it was, and the error holds no values", async () => {
  const columns = () => ({ id: integer("id").primaryKey(), email: text("email") });
  const strict = pgTable("guests", columns(), (t) => [uniqueIndex("guests_email_idx").on(t.email)]);
  const required = pgTable("guests", { ...columns(), owed: integer("owed").notNull() });
  await withDatabase(async (own) => {
    const { db } = own;
    // A table of the host, without row security: under it PostgreSQL would keep the values to itself.
    await db.execute(sql`create table public.guests (id integer primary key, email text)`);
    await db.execute(
      sql`insert into public.guests values (1, 'secret@example.com'), (2, 'secret@example.com')`,
    );
    const before = await catalogueOf(db);

    const failure = await push({ ...targetOf(own), schema: { notes, strict } }).catch((error) => error);
    expect(failure).toMatchObject({ code: "PUSH_REFUSED", cause: { sqlState: "23505" } });
    expect(failure.message).toContain("guests_email_idx");
    expect(String(driverErrorOf(failure.cause) && JSON.stringify(driverErrorOf(failure.cause)))).toContain(
      "secret",
    );
    expect(JSON.stringify([failure.message, failure.stack, failure.cause, failure])).not.toContain("secret");
    expect(await catalogueOf(db)).toEqual(before);

    await expect(push({ ...targetOf(own), schema: { notes, required } })).rejects.toMatchObject({
      code: "PUSH_REFUSED",
      message: expect.stringContaining("give the column a default"),
    });
    expect(await catalogueOf(db)).toEqual(before);
    expect(await rowsOf(db, sql`select id::int from public.guests order by 1`)).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });
});

test("pending migrations come first; a dry run names them and changes nothing", async () => {
  await withDatabase(async (own) => {
    const full = await catalogueOf(own.db);
    const target = targetOf(own);
    const { rolledBack } = await rollback({ ...target, steps: 1 });
    const before = await catalogueOf(own.db);
    expect(await push({ ...target, dryRun: true })).toMatchObject({ migrated: rolledBack, statements: [] });
    expect(await catalogueOf(own.db)).toEqual(before);
    expect((await push(target)).migrated).toEqual(rolledBack);
    expect(await catalogueOf(own.db)).toEqual(full);
  });
});

test("a dry run answers what a push then runs, step by step", async () => {
  await withDatabase(async (own) => {
    const before = await catalogueOf(own.db);
    const options = { ...targetOf(own), schema: { ...schema, projects: editedProjects, notes } };
    const planned = await push({ ...options, dryRun: true });
    expect(await catalogueOf(own.db)).toEqual(before);
    const steps: string[] = [];
    const done = await push({ ...options, onStep: ({ statement }) => void steps.push(statement) });
    expect(done).toEqual(planned);
    expect(steps).toEqual(planned.statements);
  });
});

test("a login without rights changes nothing", async () => {
  await withDatabase(async (own) => {
    const before = await catalogueOf(own.db);
    await own.db.execute(sql`grant usage on schema devora to devora_app`);
    const failure = await asRole(own, "devora_app", (client) =>
      push({ client, modules: targetOf(own).modules, schema: { notes } }),
    ).catch((error) => error);
    expect(failure).toMatchObject({ code: "DATABASE", sqlState: "42501" });
    expect(await catalogueOf(own.db)).toEqual(before);
  });
});

test("a schema that drizzle-kit refuses, or one without tables, is an error and prints nothing", async () => {
  const twice = pgTable("twice", { id: uuid("id").primaryKey(), userId: uuid("user_id").notNull() }, (t) => [
    index("same_idx").on(t.id),
    index("same_idx").on(t.userId),
  ]);
  const log = vi.spyOn(console, "log");
  const write = vi.spyOn(process.stdout, "write");
  await expect(push({ ...targetOf(migrated), schema: { twice } })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringContaining("duplicated index name"),
  } satisfies Partial<SchemaError>);
  await expect(
    push({ ...targetOf(migrated), schema: { mood: pgEnum("mood", ["a"]) } }),
  ).rejects.toMatchObject({ code: "INVALID_OPTION" });
  await push({ ...targetOf(migrated), dryRun: true, schema: { ...schema, notes } });
  expect(log).not.toHaveBeenCalled();
  expect(write).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

/** Runs with a client that acts as another role. */
async function asRole<T>(
  own: { client: unknown; url: string | undefined },
  role: string,
  fn: (client: unknown) => Promise<T>,
): Promise<T> {
  if (own.url === undefined) {
    const client = own.client as { exec(text: string): Promise<unknown> };
    await client.exec(`set role ${role}`);
    return fn(client).finally(() => client.exec("reset role"));
  }
  const { default: postgres } = await import("postgres");
  const client = postgres(own.url, { max: 1, onnotice: () => {} });
  await client.unsafe(`set role ${role}`);
  return fn(client).finally(() => client.end());
}
