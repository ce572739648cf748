import { type Database, projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { deferred, hasServer, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { bigint, boolean, json, PgDialect, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  createEmbeddings,
  defineSource,
  devoraSources,
  embeddingTriggersFor,
  installEmbeddingTriggers,
  removeEmbeddingTriggers,
} from "../../src/index.ts";
import { lockEntitiesQuery } from "../../src/queries/write-chunks.ts";
import { asServiceRows, jobsOf, passagesOf, seedConversation, seedFile, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();

const notes = pgTable("notes", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  teamId: text("team_id"),
  headline: text("headline"),
  body: text("body").notNull(),
  extra: json("extra"),
  views: bigint("views", { mode: "number" }).notNull().default(0),
  public: boolean("public").notNull().default(true),
  removedAt: timestamp("removed_at", { withTimezone: true }),
});
const noteSource = defineSource({
  name: "notes",
  table: notes,
  id: notes.id,
  owner: notes.teamId,
  title: notes.headline,
  text: sql`${notes.body} || coalesce(${notes.extra} ->> 'more', '')`,
  deletedAt: notes.removedAt,
  where: sql`${notes.public}`,
});

const embedder = smallEmbedder();
const embeddingsOf = () =>
  createEmbeddings({ db: database.db, embedder, sources: [noteSource, ...devoraSources] });
const work = async () => {
  const worker = embeddingsOf().createWorker({ batchSize: 1_000 });
  return worker.runOnce();
};

beforeAll(async () => {
  const { db } = database;
  for (const statement of [
    sql`create table notes (id bigint primary key, team_id text, headline text, body text not null, extra json,
      views bigint not null default 0, public boolean not null default true, removed_at timestamptz)`,
    sql`alter table notes enable row level security`,
    sql`alter table notes force row level security`,
    sql`create policy notes_team on notes using (team_id = current_setting('app.user_id', true))`,
    sql`create policy notes_service on notes to devora_service using (true)`,
    sql`grant select, insert, update, delete on notes to devora_app`,
    sql`grant select, insert, update, delete, truncate on notes to devora_service`,
  ]) {
    await db.execute(statement);
  }
  const { installed } = await installEmbeddingTriggers(db, [noteSource, ...devoraSources]);
  expect(installed).toHaveLength(6);
});

beforeEach(async () => {
  await withService(database.db, async (tx) => {
    await tx.execute(sql`delete from notes`);
    await tx.execute(sql`delete from devora.embedding_jobs`);
  });
});

const asTeam = <T>(team: string, fn: (tx: Database) => Promise<T>) => withUser(database.db, team, fn);
const clearJobs = () => withService(database.db, (tx) => tx.execute(sql`delete from devora.embedding_jobs`));

test("a thousand saves of one row by a user without any right to the queue are one job and one call", async () => {
  const { db } = database;
  await asTeam("red", (tx) => tx.insert(notes).values({ id: 1, teamId: "red", body: "first" }));
  await asTeam("red", async (tx) => {
    for (let at = 1; at < 1_000; at++)
      await tx
        .update(notes)
        .set({ body: `edit ${at}` })
        .where(eq(notes.id, 1));
  });
  expect(await jobsOf(db)).toMatchObject([
    { source: "notes", entity_id: "1", owner_id: "red", version: 1_000 },
  ]);
  const before = embedder.calls.length;
  expect(await work()).toMatchObject({ claimed: 1, embedded: 1 });
  expect(embedder.calls.slice(before)).toEqual([["edit 999"]]);
  expect(await passagesOf(db, "notes", "1")).toMatchObject([{ owner: "red", vectors: 1 }]);
  const denied = asTeam("red", (tx) => rowsOf(tx, sql`select * from devora.embedding_jobs`));
  await expect(denied).rejects.toMatchObject({ cause: { code: "42501" } });
});

test("a save that changes nothing of the passages queues nothing, whatever else it changes", async () => {
  const { db } = database;
  await asTeam("red", (tx) =>
    tx.insert(notes).values({ id: 1, teamId: "red", body: "same", extra: { more: " again" } }),
  );
  await clearJobs();
  await asTeam("red", async (tx) => {
    await tx.update(notes).set({ body: "same", views: 5 });
    await tx.execute(sql`update notes set extra = extra, headline = null`);
  });
  expect(await jobsOf(db)).toEqual([]);
  for (const changed of [{ body: "Same" }, { headline: "Title" }, { extra: { more: " and again" } }]) {
    await asTeam("red", (tx) => tx.update(notes).set(changed));
    expect(await jobsOf(db)).toHaveLength(1);
    await clearJobs();
  }
});

test("a bulk update is one insert into the queue, and queues only what changed", async () => {
  const { db } = database;
  await withService(db, (tx) =>
    tx.execute(
      sql`insert into notes (id, team_id, body) select n, 'team' || n % 3, 'note ' || n from generate_series(1, 500) n`,
    ),
  );
  expect(await jobsOf(db)).toHaveLength(500);
  await clearJobs();
  await db.execute(sql`create table queue_inserts (rows bigint)`);
  await db.execute(sql`create function count_inserts() returns trigger language plpgsql security definer as $$
    begin insert into public.queue_inserts select count(*) from added; return null; end $$`);
  await db.execute(
    sql`create trigger counted after insert on devora.embedding_jobs referencing new table as added for each statement execute function count_inserts()`,
  );
  await withService(db, (tx) =>
    tx.execute(sql`update notes set body = case when id % 5 = 0 then body || '!' else body end`),
  );
  expect(await jobsOf(db)).toHaveLength(100);
  expect(await rowsOf(db, sql`select rows::int from queue_inserts`)).toEqual([{ rows: 100 }]);
  await db.execute(sql`drop trigger counted on devora.embedding_jobs`);
});

const truncated = sql`truncate notes`;
test.each([
  ["deletes it", sql`delete from notes where id = 1`],
  ["deletes it softly", sql`update notes set removed_at = now() where id = 1`],
  ["takes it out of `where`", sql`update notes set public = false where id = 1`],
  ["gives it another id", sql`update notes set id = 3 where id = 1`],
  ["truncates its table", truncated],
])("whoever %s removes its passages in the same transaction, and nobody else's", async (_, statement) => {
  const { db } = database;
  await withService(db, (tx) =>
    tx.insert(notes).values([
      { id: 1, teamId: "red", body: "one" },
      { id: 2, teamId: "red", body: "two" },
    ]),
  );
  await work();
  expect(await passagesOf(db, "notes", "1")).toMatchObject([{ vectors: 1 }]);
  const vectors = () =>
    asServiceRows(db, sql`select count(*)::int as count from devora.embeddings where source = 'notes'`);
  expect(await vectors()).toEqual([{ count: 2 }]);

  const rolledBack = withService(db, async (tx) => {
    await tx.execute(statement);
    throw new Error("roll back");
  });
  await expect(rolledBack).rejects.toThrow("roll back");
  expect(await vectors()).toEqual([{ count: 2 }]);
  await withService(db, (tx) => tx.execute(statement));
  expect(await passagesOf(db, "notes", "1")).toEqual([]);
  expect(await vectors()).toEqual([{ count: statement === truncated ? 0 : 1 }]);
});
test("a row that gets another owner loses its passages, and is queued for the new one", async () => {
  const { db } = database;
  await withService(db, (tx) => tx.insert(notes).values({ id: 1, teamId: "red", body: "one" }));
  await work();
  await withService(db, (tx) => tx.update(notes).set({ teamId: "blue" }));
  expect(await passagesOf(db, "notes", "1")).toEqual([]);
  expect(await jobsOf(db)).toMatchObject([{ entity_id: "1", owner_id: "blue" }]);
  await work();
  expect(await passagesOf(db, "notes", "1")).toMatchObject([{ owner: "blue", vectors: 1 }]);
});

test("a row that comes back is queued; one that is away is not", async () => {
  const { db } = database;
  await withService(db, (tx) => tx.insert(notes).values({ id: 1, body: "draft", public: false }));
  await withService(db, (tx) => tx.update(notes).set({ body: "second draft" }));
  expect(await jobsOf(db)).toEqual([]);
  await withService(db, (tx) => tx.update(notes).set({ public: true }));
  expect(await jobsOf(db)).toMatchObject([{ entity_id: "1", owner_id: null, version: 1 }]);
});

test("what a worker writes while the row is being deleted does not stay", async () => {
  const { db } = database;
  await withService(db, (tx) => tx.insert(notes).values({ id: 1, body: "text" }));
  const held = embedder.holdNext();
  const running = work();
  await held.called;
  await withService(db, (tx) => tx.delete(notes));
  held.release();
  expect(await running).toMatchObject({ stale: 1, embedded: 0 });
  expect(await passagesOf(db, "notes", "1")).toEqual([]);
  expect(await work()).toMatchObject({ removed: 1 });
  expect(await jobsOf(db)).toEqual([]);
});

test.skipIf(!hasServer())(
  "what a worker commits while the row is being deleted goes with the row (skipped on PGlite: it has one connection)",
  async () => {
    const { db } = database;
    await withService(db, (tx) => tx.insert(notes).values({ id: 1, body: "text" }));
    const waitsFor = async (event: string) => {
      const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event = ${event}`;
      while ((await rowsOf(db, waiting)).length === 0);
    };
    const { running, deleting } = await db.transaction(async (tx) => {
      await tx.execute(lockEntitiesQuery("notes", ["1"]));
      // The worker holds the job and waits for the row; who deletes the row waits for the job.
      const running = work();
      await waitsFor("advisory");
      const deleting = withService(db, (other) => other.delete(notes));
      await waitsFor("transactionid");
      return { running, deleting };
    });
    expect(await running).toMatchObject({ embedded: 1 });
    await deleting;
    expect(await passagesOf(db, "notes", "1")).toEqual([]);
    expect(await jobsOf(db)).toMatchObject([{ entity_id: "1" }]);
  },
);

test("a conversation is stale when its messages change, a message when its conversation is renamed", async () => {
  const { db } = database;
  const user = await seedUser(db);
  const { id, messageIds } = await seedConversation(db, user, {
    title: "Talk",
    turns: [["user", "Hello"]],
  });
  const [messageId] = messageIds as [string];
  await work();
  const queued = async () => (await jobsOf(db)).map((job) => [job.source, job.entity_id, job.owner_id]);
  expect(await queued()).toEqual([]);

  await asTeam(user, (tx) =>
    tx.execute(sql`update messages set content = 'Hello there' where id = ${messageId}::uuid`),
  );
  expect(await queued()).toEqual([
    ["conversations", id, user],
    ["messages", messageId, user],
  ]);
  await work();
  await asTeam(user, (tx) =>
    tx.execute(
      sql`update messages set updated_at = now() + interval '1 minute' where id = ${messageId}::uuid`,
    ),
  );
  expect(await queued()).toEqual([]);

  await asTeam(user, (tx) => tx.execute(sql`update conversations set title = 'Chat' where id = ${id}::uuid`));
  expect(await queued()).toEqual([
    ["conversations", id, user],
    ["messages", messageId, user],
  ]);
  await work();
  expect(await passagesOf(db, "messages", messageId)).toMatchObject([{ title: "Chat" }]);

  await asTeam(user, (tx) =>
    tx.execute(sql`update conversations set deleted_at = now() where id = ${id}::uuid`),
  );
  expect(await passagesOf(db, "conversations", id)).toEqual([]);
  expect(await passagesOf(db, "messages", messageId)).toEqual([]);
});

test("the files of a deleted project lose their passages with it, and a renamed project queues none", async () => {
  const { db } = database;
  const user = await seedUser(db);
  const project = await seedProject(db, user);
  const file = await seedFile(db, user, project, { path: "a.md", content: "Sails" });
  await work();
  await asTeam(user, (tx) => tx.update(projects).set({ name: "Renamed" }).where(eq(projects.id, project)));
  expect((await jobsOf(db)).map((job) => job.source)).toEqual(["projects"]);
  await asTeam(user, (tx) =>
    tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, project)),
  );
  expect(await passagesOf(db, "files", file)).toEqual([]);
});

test("installing again changes nothing and locks nothing; a changed source replaces its triggers", async () => {
  const { db } = database;
  const locks = await db.transaction(async (tx) => {
    expect(await installEmbeddingTriggers(tx, [noteSource])).toEqual({ installed: [] });
    return rowsOf(
      tx,
      sql`select mode from pg_locks where pid = pg_backend_pid() and relation = 'notes'::regclass`,
    );
  });
  expect(locks).toEqual([]);

  const changed = defineSource({ name: "notes", table: notes, id: notes.id, text: notes.body });
  expect(embeddingTriggersFor(changed).name).not.toBe(embeddingTriggersFor(noteSource).name);
  expect(await installEmbeddingTriggers(db, [changed])).toEqual({ installed: ["notes"] });
  expect(await installEmbeddingTriggers(db, [changed])).toEqual({ installed: [] });
  const triggers = () =>
    rowsOf(db, sql`select tgname from pg_trigger where tgrelid = 'notes'::regclass and not tgisinternal`);
  expect(await triggers()).toHaveLength(4);
  await removeEmbeddingTriggers(db, [changed]);
  await removeEmbeddingTriggers(db, [changed]);
  expect(await triggers()).toEqual([]);
  const functions = await rowsOf(db, sql`select proname from pg_proc where proname like 'queue\\_notes\\_%'`);
  expect(functions).toEqual([]);
  await installEmbeddingTriggers(db, [noteSource]);
});

test("nobody may call the functions, which belong to devora_definer and have a search path", async () => {
  const functions = await rowsOf(
    database.db,
    sql`select p.proname, pg_get_userbyid(p.proowner) as owner, p.prosecdef as definer, p.proconfig::text as settings,
          has_function_privilege('devora_app', p.oid, 'execute') as app
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'devora' and p.proname ~ '^queue_.*_[0-9a-f]{8}(_by_[0-9]+)?$'`,
  );
  expect(functions).toHaveLength(9);
  for (const made of functions) {
    expect(made).toMatchObject({ owner: "devora_definer", definer: true, app: false });
    expect(made.settings).toContain("search_path=pg_catalog, pg_temp");
  }
});

test("a source whose SQL says no column, reads its own table, or means nothing is refused", async () => {
  const { db } = database;
  const source = (definition: { text: ReturnType<typeof sql>; where?: ReturnType<typeof sql> }) =>
    defineSource({ name: "odd", table: notes, id: notes.id, ...definition });
  for (const odd of [
    source({ text: sql`body` }),
    source({ text: sql`select max(${notes.body}) from ${notes}` }),
  ]) {
    expect(() => embeddingTriggersFor(odd)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
  const unknown = source({ text: sql`${notes.body}`, where: sql`no_such_function(${notes.body})` });
  await expect(installEmbeddingTriggers(db, [unknown])).rejects.toMatchObject({ sqlState: "42883" });
  // And whoever writes goes on.
  await withService(db, (tx) => tx.insert(notes).values({ id: 9, body: "fine" }));
});

/** Listens on the test database's own client: PGlite's or postgres.js's. */
async function listen(onNotice: (payload: string) => void): Promise<() => Promise<unknown>> {
  const client = database.client as {
    listen(
      channel: string,
      fn: (payload: string) => void,
    ): Promise<(() => Promise<void>) | { unlisten(): Promise<void> }>;
  };
  const listening = await client.listen("devora_embeddings", onNotice);
  return typeof listening === "function" ? listening : () => listening.unlisten();
}

test("a statement that queues something sends one notice with the source's name alone", async () => {
  const { db } = database;
  const notices: string[] = [];
  const marked = deferred();
  const stop = await listen((payload) => {
    if (payload === "end of test") marked.resolve();
    else notices.push(payload);
  });
  await withService(db, (tx) =>
    tx.execute(sql`insert into notes (id, body) select n, 'secret' from generate_series(1, 50) n`),
  );
  await withService(db, (tx) => tx.execute(sql`update notes set views = 1`));
  await withService(db, (tx) => tx.execute(sql`delete from notes where id = 1`));
  await db.execute(sql`select pg_notify('devora_embeddings', 'end of test')`);
  await marked.promise;
  await stop();
  expect(notices).toEqual(["notes", "notes"]);
});

test("without notices there is none to keep a transaction from being prepared in two phases", () => {
  const statements = (notify: boolean) =>
    embeddingTriggersFor(noteSource, { notify }).statements.map(
      (statement) => new PgDialect().sqlToQuery(statement).sql,
    );
  expect(statements(true).join()).toContain("pg_notify");
  expect(statements(false).join()).not.toContain("pg_notify");
});

test("columns are named as the host's Drizzle names them", () => {
  const table = pgTable("cards", {
    id: bigint({ mode: "number" }).primaryKey(),
    teamId: text(),
    bodyText: text(),
  });
  const source = defineSource({
    name: "cards",
    table,
    id: table.id,
    owner: table.teamId,
    text: table.bodyText,
  });
  const dialect = new PgDialect({ casing: "snake_case" });
  const body = embeddingTriggersFor(source)
    .statements.map((statement) => dialect.sqlToQuery(statement).sql)
    .join();
  expect(body).toContain('"devora_row"."team_id"');
  expect(body).toContain('row("devora_row"."team_id", "devora_row"."body_text")');
  expect(body).not.toContain("bodyText");
});
