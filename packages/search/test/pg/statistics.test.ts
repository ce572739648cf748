import { type Database, rowsOf, withService, withUser } from "@devora/db-schema";
import { hasServer, inRole, useTestDatabase } from "@devora/testing";
import { eq, type SQL, sql } from "drizzle-orm";
import { PgDialect, pgTable, text } from "drizzle-orm/pg-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { backfillStatistics, createSearch, defineSource, searchStatisticsFor } from "../../src/index.ts";

const notes = pgTable("notes", {
  id: text("id").primaryKey(),
  owner: text("owner"),
  language: text("language").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  deletedAt: text("deleted_at"),
  pinned: text("pinned"),
  search: text("search"),
});
const tsvectorNotes = Object.assign(notes.search, { getSQLType: () => "tsvector" });
const source = defineSource({
  name: "notes",
  table: notes,
  id: notes.id,
  title: notes.title,
  body: notes.body,
  vector: tsvectorNotes,
  language: notes.language,
  owner: notes.owner,
  deletedAt: notes.deletedAt,
});

const database = useTestDatabase();
const searchOf = (db: Database = database.db) => createSearch({ db, sources: [source] });
const install = async () => {
  for (const statement of searchStatisticsFor(source)) await database.db.execute(statement);
};
const refresh = () => searchOf().refreshStatistics();
const rows = (query: SQL) => withService(database.db, (tx) => rowsOf(tx, query));

interface Note {
  id: string;
  owner?: string | null;
  language?: string;
  title?: string;
  body?: string;
}
const add = (list: readonly Note[], db: Database = database.db) =>
  db
    .insert(notes)
    .values(list.map((note) => ({ owner: "ann", language: "en", title: "", body: "", ...note })));

/** What the worker should have counted: everything from the rows themselves. */
const expected = {
  statistics: sql`
    select n.language, l.lexeme, count(*)::int as documents
    from notes n cross join unnest(tsvector_to_array(n.search) || ''::text) as l(lexeme)
    where n.deleted_at is null group by 1, 2 order by n.language collate "C", l.lexeme collate "C"`,
  vocabulary: sql`
    select n.owner as owner_id, n.language, w.word, count(*)::int as documents
    from notes n cross join unnest(devora.search_words_of(n.title || ' ' || n.body)) as w(word)
    where n.deleted_at is null and n.owner is not null
    group by 1, 2, 3 order by n.owner collate "C", n.language collate "C", w.word collate "C"`,
  words: sql`
    select w.word, count(distinct n.owner)::int as owners, count(*)::int as documents
    from notes n cross join unnest(devora.search_words_of(n.title || ' ' || n.body)) as w(word)
    where n.deleted_at is null and n.owner is not null group by 1 order by w.word collate "C"`,
  collections: sql`
    select owner as owner_id, count(*)::int as documents
    from notes where deleted_at is null and owner is not null group by 1 order by owner collate "C"`,
};
const counted: Record<keyof typeof expected, SQL> = {
  statistics: sql`
    select language, lexeme, documents::int from devora.search_statistics
    where source = 'notes' order by language collate "C", lexeme collate "C"`,
  vocabulary: sql`
    select owner_id, language, word, documents from devora.search_vocabulary
    where source = 'notes' order by owner_id collate "C", language collate "C", word collate "C"`,
  words: sql`
    select word, owners, documents::int from devora.search_words where source = 'notes' order by word collate "C"`,
  collections: sql`
    select owner_id, documents::int from devora.search_collections where source = 'notes' order by owner_id collate "C"`,
};

async function expectExactCounts(): Promise<void> {
  for (const kind of Object.keys(expected) as (keyof typeof expected)[]) {
    expect(await rows(counted[kind]), kind).toEqual(await rows(expected[kind]));
  }
}

const deltas = async () =>
  (
    await rows(sql`
      select (select count(*) from devora.search_statistics_deltas)::int as statistics,
             (select count(*) from devora.search_vocabulary_deltas)::int as vocabulary`)
  )[0];

beforeAll(async () => {
  const { db } = database;
  await db.execute(sql`
    create table notes (
      id text primary key, owner text, language text not null, title text not null, body text not null,
      deleted_at text, pinned text,
      search tsvector not null generated always as (devora.search_vector(language, title, body)) stored
    )`);
  await db.execute(sql`grant select, insert, update, delete on notes to devora_app, devora_service`);
  await add([{ id: "before", title: "Written before", body: "the triggers were there" }]);
  await install();
});
beforeEach(async () => {
  await database.db.delete(notes);
  await refresh();
});

test("rows that were there before count once, however often the triggers are installed", async () => {
  await add([{ id: "a", title: "Lighthouse keeper" }]);
  await install();
  await install();
  await refresh();
  await expectExactCounts();
  await database.db.execute(sql`drop trigger search_insert_notes on notes`);
  await add([{ id: "b", title: "Unseen lighthouse" }]);
  await install();
  await refresh();
  await expectExactCounts();
});

test("a truncated table is counted anew on demand, twice with the same result", async () => {
  await add([{ id: "a", title: "Lighthouse keeper" }]);
  await refresh();
  await database.db.execute(sql`truncate notes`);
  await add([{ id: "b", title: "Another keeper" }]);
  await backfillStatistics({ db: database.db, sources: [source] });
  await backfillStatistics({ db: database.db, sources: [source] });
  await refresh();
  await expectExactCounts();
});

test("a statement appends one small row of each kind per written row", async () => {
  await add([
    { id: "a", title: "Sailing boats", body: "boats and more boats" },
    { id: "b", title: "Évènement à l'été", language: "fr" },
  ]);
  expect(await deltas()).toEqual({ statistics: 2, vocabulary: 2 });
  const [row] = await rows(
    sql`select source, language, lexemes, delta from devora.search_statistics_deltas where language = 'en'`,
  );
  expect(row).toMatchObject({ source: "notes", language: "en", lexemes: ["boat", "sail"], delta: 1 });
  const vocabulary = await rows(sql`select owner_id, words from devora.search_vocabulary_deltas order by id`);
  expect(vocabulary).toEqual([
    { owner_id: "ann", words: ["and", "boats", "more", "sailing"] },
    { owner_id: "ann", words: ["été", "évènement"] },
  ]);
});

test("an update that changes nothing searched writes nothing", async () => {
  await add([{ id: "a", title: "Sailing boats" }]);
  await refresh();
  await database.db.update(notes).set({ pinned: "yes" });
  await database.db.update(notes).set({ title: "Sailing boats" });
  expect(await deltas()).toEqual({ statistics: 0, vocabulary: 0 });
});

test("soft delete subtracts, restore adds, and what reaches nothing goes", async () => {
  await add([
    { id: "a", title: "Sailing boats" },
    { id: "b", title: "Rowing boats" },
  ]);
  await refresh();
  await database.db.update(notes).set({ deletedAt: "now" }).where(eq(notes.id, "a"));
  await refresh();
  await expectExactCounts();
  expect(await rows(sql`select word from devora.search_words order by word`)).toEqual([
    { word: "boats" },
    { word: "rowing" },
  ]);
  // Written while it is deleted: counts for nothing before it is restored.
  await database.db.update(notes).set({ title: "Sailing dinghies" }).where(eq(notes.id, "a"));
  expect(await deltas()).toEqual({ statistics: 0, vocabulary: 0 });
  await database.db.update(notes).set({ deletedAt: null });
  await refresh();
  await expectExactCounts();
  await database.db.delete(notes);
  await refresh();
  for (const query of Object.values(counted)) expect(await rows(query)).toEqual([]);
});

test("changes of text, accents, owner, language and key are followed exactly", async () => {
  await add([
    { id: "a", title: "Evenement majeur", language: "fr" },
    { id: "b", title: "Sailing boats", owner: "bob" },
    { id: "c", title: "Nobody's boats", owner: null },
  ]);
  await refresh();
  const { db } = database;
  await db.update(notes).set({ title: "Événement majeur" }).where(eq(notes.id, "a"));
  await db.update(notes).set({ owner: "ann" }).where(eq(notes.id, "b"));
  await db.update(notes).set({ owner: "carl" }).where(eq(notes.id, "c"));
  await refresh();
  await expectExactCounts();
  await db.update(notes).set({ language: "fr" }).where(eq(notes.id, "b"));
  await db.update(notes).set({ id: sql`id || '2'` });
  await add([{ id: "a2", title: "Replaced" }]).onConflictDoUpdate({
    target: notes.id,
    set: { title: "Replaced", body: "by an upsert" },
  });
  await refresh();
  await expectExactCounts();
});

test("words are words: no compounds, numbers, addresses or fragments", async () => {
  const body =
    "État-major, up-to-date src/lib/user.ts https://example.com/path mail@example.com 42 3.14 x86 ab Promise<User> naïve getUserById";
  await add([{ id: "a", title: "L'été", body: `${body} ${"x".repeat(61)} ${"y".repeat(60)}` }]);
  await refresh();
  const words = (await rows(sql`select word from devora.search_words order by word collate "C"`)).map(
    ({ word }) => word,
  );
  expect(words).toEqual(
    ["date", "getuserbyid", "major", "naïve", "promise", "user", "y".repeat(60), "état", "été"].sort(),
  );
});

test("only the first 20,000 characters feed the vocabulary", async () => {
  await add([{ id: "a", body: `${"a ".repeat(9_995)}first ${"b ".repeat(2_000)}last` }]);
  await refresh();
  expect((await rows(sql`select word from devora.search_words`)).map(({ word }) => word)).toEqual(["first"]);
});

test("a title or body that is SQL, and rows for everybody of which some are hidden, feed no vocabulary", async () => {
  const parameters = (definition: object) =>
    searchStatisticsFor({ ...source, ...definition }).flatMap(
      (statement) => new PgDialect().sqlToQuery(statement).params,
    );
  expect(parameters({})).toContain("body");
  expect(parameters({ body: sql`'x'` })).not.toContain("body");
  expect(parameters({ owner: undefined, where: sql`true` })).not.toContain("body");
});

test("folding in small batches, again, and by the caller's own transaction gives the same", async () => {
  await add(Array.from({ length: 25 }, (_, n) => ({ id: `n${n}`, title: `boats number ${"abc"[n % 3]}zz` })));
  const first = await searchOf().refreshStatistics({ batchSize: 2 });
  expect(first).toEqual({ folded: 50, pending: 0 });
  expect(await refresh()).toEqual({ folded: 0, pending: 0 });
  await expectExactCounts();
  await add([{ id: "more", title: "more boats" }]);
  await withService(database.db, async (tx) => {
    await searchOf().refreshStatistics({ db: tx });
    throw new Error("undo");
  }).catch(() => {});
  expect(await deltas()).toEqual({ statistics: 1, vocabulary: 1 });
  expect(await refresh()).toEqual({ folded: 2, pending: 0 });
  await expectExactCounts();
});

test("an aborted call folds nothing; a wrong batch size is refused", async () => {
  await add([{ id: "a", title: "Sailing boats" }]);
  const reason = new Error("enough");
  await expect(searchOf().refreshStatistics({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await deltas()).toEqual({ statistics: 1, vocabulary: 1 });
  await expect(searchOf().refreshStatistics({ batchSize: 0 })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("a user's own writes count, and the user can neither read nor write the counts of others", async () => {
  await withUser(database.db, "ann", (tx) => add([{ id: "a", title: "Ann's secretword" }], tx));
  await withUser(database.db, "bob", (tx) => add([{ id: "b", title: "Bob's boat", owner: "bob" }], tx));
  await refresh();
  await expectExactCounts();
  const seen = await withUser(database.db, "bob", (tx) =>
    rowsOf(tx, sql`select word from devora.search_vocabulary order by word`),
  );
  expect(seen.map(({ word }) => word)).toEqual(["boat", "bob"]);
  for (const table of ["search_words", "search_statistics", "search_vocabulary_deltas"]) {
    const read = inRole(database.db, "devora_app", (tx) =>
      tx.execute(sql`select * from devora.${sql.identifier(table)}`),
    );
    await expect(read).rejects.toMatchObject({ cause: { code: "42501" } });
  }
});

test("frequencies below 100 stay hidden; numbers of rows are one's own, and the named owner's for the service", async () => {
  const { db } = database;
  await add(Array.from({ length: 99 }, (_, n) => ({ id: `n${n}`, title: "common", body: "rare" })));
  await add([
    { id: "x", title: "common", owner: "bob" },
    { id: "y", title: "y", owner: "bob" },
  ]);
  await refresh();
  const frequencies = (tx: Database) =>
    rowsOf(
      tx,
      sql`select source, language, lexeme, documents::int from devora.search_frequencies_v1('{notes}', '{common,rare,""}') order by lexeme`,
    );
  const visible = [
    { source: "notes", language: "en", lexeme: "", documents: 101 },
    { source: "notes", language: "en", lexeme: "common", documents: 100 },
  ];
  expect(await withUser(db, "bob", frequencies)).toEqual(visible);
  expect(await withService(db, frequencies)).toEqual(visible);
  const collectionOf = (owner: string) => (tx: Database) =>
    rowsOf(
      tx,
      sql`select source, documents::int from devora.search_collection_v1('{notes,other}', ${owner}) order by source`,
    );
  const [bobs, anns] = [2, 99].map((documents) => [{ source: "notes", documents }]);
  expect(await withUser(db, "bob", collectionOf("bob"))).toEqual(bobs);
  expect(await withUser(db, "bob", collectionOf("ann"))).toEqual(bobs);
  expect(await withUser(db, "nobody", collectionOf("ann"))).toEqual([]);
  expect(await inRole(db, "devora_app", collectionOf("ann"))).toEqual([]);
  expect(await withService(db, collectionOf("ann"))).toEqual(anns);
  expect(await withUser(db, "bob", (tx) => withService(tx, collectionOf("ann")))).toEqual(anns);
});

test("installing what is there locks no writer out", async () => {
  const modes = await database.db.transaction(async (tx) => {
    for (const statement of searchStatisticsFor(source)) await tx.execute(statement);
    return rowsOf(
      tx,
      sql`select mode from pg_locks where relation = 'notes'::regclass and pid = pg_backend_pid()`,
    );
  });
  expect(modes.filter(({ mode }) => mode !== "AccessShareLock")).toEqual([]);
});

// PGlite has one connection.
describe.skipIf(!hasServer())("with several connections (skipped where DATABASE_URL names no server)", () => {
  test("while one folds, a second answers at once and leaves the changes", async () => {
    await add([{ id: "a", title: "Sailing boats" }]);
    await withService(database.db, async (tx) => {
      const first = await searchOf().refreshStatistics({ db: tx });
      expect(first.folded).toBe(2);
      expect(await refresh()).toEqual({ folded: 0, pending: 2 });
    });
    expect(await refresh()).toEqual({ folded: 0, pending: 0 });
    await expectExactCounts();
  });

  test("a folder whose connection dies loses nothing and counts nothing twice", async () => {
    await add([{ id: "a", title: "Sailing boats" }]);
    const killed = withService(database.db, async (tx) => {
      await searchOf().refreshStatistics({ db: tx });
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    await expect(killed).rejects.toThrow();
    expect(await deltas()).toEqual({ statistics: 1, vocabulary: 1 });
    expect(await refresh()).toEqual({ folded: 2, pending: 0 });
    await expectExactCounts();
  });

  test("writers and several folders at once end in exact counts", async () => {
    const word = (n: number) => ["boats", "harbour", "keeper", "lantern", "été", "évènement"][n % 6] ?? "";
    let writing = true;
    const folders = [1, 2].map(async () => {
      while (writing) await searchOf().refreshStatistics({ batchSize: 7 });
    });
    const writers = [0, 1].map(async (writer) => {
      for (let n = 0; n < 40; n += 1) {
        const id = `w${writer}-${n}`;
        await withUser(database.db, `owner${n % 3}`, async (tx) => {
          await add([{ id, title: `${word(n)} ${word(n + writer)}`, owner: `owner${n % 3}` }], tx);
          if (n % 4 === 1)
            await tx
              .update(notes)
              .set({ body: word(n * 5 + 1) })
              .where(eq(notes.id, id));
        });
        if (n % 3 === 2) await database.db.delete(notes).where(eq(notes.id, `w${writer}-${n - 1}`));
        if (n % 5 === 4) await database.db.update(notes).set({ deletedAt: "x" }).where(eq(notes.id, id));
      }
    });
    await Promise.all(writers);
    writing = false;
    await Promise.all(folders);
    await refresh();
    expect(await deltas()).toEqual({ statistics: 0, vocabulary: 0 });
    await expectExactCounts();
  });

  test("the table is installed while others write, and no row is missed or counted twice", async () => {
    await database.db.execute(sql`drop trigger search_insert_notes on notes`);
    let installed = false;
    const writer = (async () => {
      for (let n = 0; n < 30 || !installed; n += 1)
        await add([{ id: `i${n}`, title: `boats ${n % 2 ? "odd" : "even"}` }]);
    })();
    await install();
    installed = true;
    await writer;
    await refresh();
    await expectExactCounts();
  });
});
