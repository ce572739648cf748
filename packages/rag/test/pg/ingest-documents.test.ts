import { type Database, documents, rowsOf, withService, withTransaction, withUser } from "@devora/db-schema";
import { deferred, hasServer, installedModules, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { type IngestOptions, ingestDocuments, type SourceDocument } from "../../src/documents.ts";

const database = useTestDatabase();

const doc = (uri: string, content: SourceDocument["content"] = `Text of ${uri}.`): SourceDocument => ({
  uri,
  content,
});

const rowsIn = (db: Database) =>
  withService(db, (tx) =>
    rowsOf(
      tx,
      sql`select id::text, owner_id, uri, title, mime_type, language, content, updated_at::text,
                 deleted_at is not null as deleted
          from ${documents} order by owner_id, uri, created_at, id`,
    ),
  );
const live = async (ownerId: string | null = "alice") =>
  (await rowsIn(database.db)).filter((row) => row.owner_id === ownerId && row.deleted !== true);
const liveUris = async (ownerId?: string | null) => (await live(ownerId)).map(({ uri }) => uri);

const ingest = (
  given: readonly SourceDocument[] | IngestOptions["documents"],
  options: Partial<IngestOptions> = {},
) => ingestDocuments({ db: database.db, ownerId: "alice", documents: given, ...options });

describe.runIf(installedModules().includes("embeddings"))("with the module embeddings", () => {
  beforeEach(async () => {
    await withService(database.db, (tx) => tx.delete(documents));
  });

  test("a second run writes nothing, and later runs what changed under the same ids", async () => {
    const given = [doc("a.md", "# Alpha\n\nThe first of the two."), doc("b.txt", "Second")];
    expect(await ingest(given)).toEqual({ added: 2, updated: 0, unchanged: 0, deleted: 0, failed: [] });
    const before = await rowsIn(database.db);
    // Where rows lie, and who locked them last: both tell of writes that change no value.
    const places = () =>
      withService(database.db, (tx) =>
        rowsOf(tx, sql`select ctid::text, xmax::text from ${documents} order by uri`),
      );
    const placesBefore = await places();
    expect(before).toMatchObject([
      {
        uri: "a.md",
        title: "Alpha",
        mime_type: "text/markdown",
        content: "# Alpha\n\nThe first of the two.",
      },
      { uri: "b.txt", title: "b.txt", mime_type: "text/plain", language: "simple", content: "Second" },
    ]);

    expect(await ingest(given)).toMatchObject({ added: 0, updated: 0, unchanged: 2 });
    expect(await rowsIn(database.db)).toEqual(before);
    expect(await places()).toEqual(placesBefore);

    expect(await ingest([given[0] as SourceDocument, doc("b.txt", "Second, new")])).toMatchObject({
      updated: 1,
      unchanged: 1,
    });
    const [a, b] = await rowsIn(database.db);
    expect(a).toEqual(before[0]);
    expect(b).toMatchObject({ id: before[1]?.id, content: "Second, new" });
    expect(b?.updated_at).not.toBe(before[1]?.updated_at);
  });

  test.each<[string, Partial<SourceDocument>, object]>([
    ["title", { title: "Other" }, { title: "Other" }],
    ["language", { language: "fr" }, { language: "fr" }],
    ["type", { mimeType: "text/markdown" }, { mime_type: "text/markdown" }],
  ])("another %s of the same text is written", async (_name, change, stored) => {
    await ingest([{ ...doc("a"), title: "A" }]);
    expect(await ingest([{ ...doc("a"), title: "A", ...change }])).toMatchObject({
      updated: 1,
      unchanged: 0,
    });
    expect(await live()).toMatchObject([stored]);
  });

  test("a date is taken over with a new text, and alone changes nothing", async () => {
    const dated = (content: string, day: number) => ({
      ...doc("a", content),
      updatedAt: new Date(Date.UTC(2020, 0, day)),
    });
    const day = async () => String((await live())[0]?.updated_at).slice(0, 10);
    await ingest([dated("one", 1)]);
    expect(await day()).toBe("2020-01-01");
    expect(await ingest([dated("one", 2)])).toMatchObject({ unchanged: 1 });
    expect(await day()).toBe("2020-01-01");
    await ingest([dated("two", 3)]);
    expect(await day()).toBe("2020-01-03");
  });

  test("documents of another owner and of nobody stay apart, under the same uri", async () => {
    const [alice, bob, nobody] = [doc("a", "Alice's"), doc("a", "Bob's"), doc("a", "Everybody's")];
    await ingest([bob, doc("b")], { ownerId: "bob" });
    await ingest([nobody, doc("b")], { ownerId: null });
    await ingest([alice, doc("b")]);
    expect(await ingest([nobody], { ownerId: null })).toMatchObject({ unchanged: 1 });
    const others = async () => [await live("bob"), await live(null)];
    const before = await others();
    expect(before.flat().map(({ content }) => content)).toEqual([
      "Bob's",
      "Text of b.",
      "Everybody's",
      "Text of b.",
    ]);
    await ingest([{ ...alice, content: "Alice's, new" }], { prune: { prefix: "", maxShare: 1 } });
    expect(await others()).toEqual(before);
    expect(await live()).toMatchObject([{ uri: "a", content: "Alice's, new" }]);
    const seenBy = (user: string) => withUser(database.db, user, (tx) => tx.$count(documents));
    expect([await seenBy("bob"), await seenBy("carol")]).toEqual([2, 0]);
  });

  test("a role that sees all rows touches those of the owner alone", async () => {
    await ingest([doc("a", "Bob's")], { ownerId: "bob" });
    const options = { role: "devora_service", prune: { prefix: "", maxShare: 1 } };
    expect(await ingest([doc("a", "Alice's")], options)).toMatchObject({ added: 1 });
    expect(await ingest([], options)).toMatchObject({ deleted: 1 });
    expect(await live("bob")).toMatchObject([{ content: "Bob's" }]);
  });

  test("what the source no longer gives is deleted below the prefix alone, and comes back as a new row", async () => {
    await ingest([doc("docs/a"), doc("docs/b"), doc("docs/c"), doc("notes/d"), doc("docs_e")]);
    expect(await ingest([doc("docs/a"), doc("docs/c")], { prune: { prefix: "docs/" } })).toMatchObject({
      unchanged: 2,
      deleted: 1,
    });
    expect(await liveUris()).toEqual(["docs/a", "docs/c", "docs_e", "notes/d"]);
    expect(await ingest([doc("docs/a")])).toMatchObject({ deleted: 0 });
    // No pattern: an underscore is an underscore.
    expect(await ingest([doc("docs_f")], { prune: { prefix: "docs_" } })).toMatchObject({ deleted: 1 });
    expect(await ingest([doc("docs/b")])).toMatchObject({ added: 1 });
    expect(await liveUris()).toHaveLength(5);
  });

  test("an empty source deletes nothing, unless told that all may go", async () => {
    await ingest([doc("docs/a"), doc("docs/b"), doc("x")]);
    const refused = ingest([], { prune: { prefix: "docs/" } });
    await expect(refused).rejects.toMatchObject({
      code: "PRUNE_REFUSED",
      details: { documents: { live: 2, missing: 2 } },
    });
    expect(await liveUris()).toHaveLength(3);
    expect(await ingest([], { prune: { prefix: "docs/", maxShare: 1 } })).toMatchObject({ deleted: 2 });
    expect(await liveUris()).toEqual(["x"]);
    expect(await ingest([], { prune: { prefix: "empty/" } })).toMatchObject({ deleted: 0 });
  });

  test("more than the allowed share is not deleted, and what was given is written all the same", async () => {
    await ingest(["1", "2", "3", "4"].map((name) => doc(name)));
    await expect(ingest([doc("1"), doc("5")], { prune: { prefix: "" } })).rejects.toMatchObject({
      code: "PRUNE_REFUSED",
      details: { documents: { live: 5, missing: 3 } },
    });
    expect(await liveUris()).toEqual(["1", "2", "3", "4", "5"]);
    expect(await ingest([doc("1"), doc("5")], { prune: { prefix: "", maxShare: 0.6 } })).toMatchObject({
      deleted: 3,
    });
  });

  test("a source that breaks off keeps the batches before, and deletes nothing", async () => {
    await ingest([doc("old"), doc("1")]);
    const broken = async function* () {
      yield* [doc("1"), doc("2"), doc("3")];
      throw new Error("connection lost");
    };
    const options = { prune: { prefix: "", maxShare: 1 }, batchSize: 2 };
    await expect(ingest(broken(), options)).rejects.toThrow("connection lost");
    expect(await liveUris()).toEqual(["1", "2", "old"]);
  });

  test("a document that fails is not deleted, keeps its row and does not stop the others", async () => {
    await ingest([doc("a"), doc("b", "B")]);
    const failing = doc("b", () => Promise.reject(new TypeError("secret text")));
    const { failed, ...counts } = await ingest([doc("a"), failing, doc("c")], {
      prune: { prefix: "", maxShare: 1 },
    });
    expect(counts).toEqual({ added: 1, updated: 0, unchanged: 1, deleted: 0 });
    expect(failed).toEqual([
      { uri: "b", code: "UNREADABLE", message: expect.not.stringContaining("secret") },
    ]);
    expect(await live()).toMatchObject([{ uri: "a" }, { uri: "b", content: "B" }, { uri: "c" }]);
  });

  test("a uri outside the prefix is refused before anything of its batch is written", async () => {
    const run = ingest([doc("docs/a"), doc("other")], { prune: { prefix: "docs/" } });
    await expect(run).rejects.toMatchObject({ code: "INVALID_OPTION" });
    expect(await liveUris()).toEqual([]);
  });

  test("of two documents with one uri the first stands, and the second is reported", async () => {
    const { added, failed } = await ingest([doc("a", "first"), doc("a", "second")]);
    expect({ added, failed }).toMatchObject({ added: 1, failed: [{ uri: "a", code: "DUPLICATE_URI" }] });
    expect(await live()).toMatchObject([{ content: "first" }]);
  });

  test("the caller's transaction holds everything, and its scope is what it was", async () => {
    const run = withUser(database.db, "bob", async (tx) => {
      await ingest([doc("a"), doc("b"), doc("c")], { db: tx, batchSize: 1 });
      const [row] = await rowsOf(tx, sql`select current_setting('app.user_id') as "user"`);
      expect(row).toEqual({ user: "bob" });
      throw new Error("changed my mind");
    });
    await expect(run).rejects.toThrow("changed my mind");
    expect(await liveUris()).toEqual([]);
    await withTransaction(database.db, (tx) => ingest([doc("a")], { db: tx, ownerId: null }));
    expect(await liveUris(null)).toEqual(["a"]);
  });

  test("the indexer gets the rows that changed, in their transaction; when it fails they are not written", async () => {
    const calls: { ids: readonly string[]; ownerId: string | undefined; rows: number }[] = [];
    const indexer: IngestOptions["indexer"] = {
      async enqueue({ ids, ownerId }, { db }) {
        const rows = await db.$count(documents, sql`id = any(${sql.param(ids)}::uuid[])`);
        calls.push({ ids, ownerId, rows });
      },
    };
    await ingest([doc("a"), doc("b")], { indexer });
    const ids = (await live()).map(({ id }) => String(id));
    await ingest([doc("a"), doc("b")], { indexer });
    await ingest([doc("a", "new")], { indexer, prune: { prefix: "" } });
    await ingest([doc("n")], { indexer, ownerId: null });
    const [first, ...rest] = calls;
    expect({ ...first, ids: first?.ids.toSorted() }).toEqual({
      ids: ids.toSorted(),
      ownerId: "alice",
      rows: 2,
    });
    expect(rest).toMatchObject([
      { ids: [ids[0]], rows: 1 },
      { ids: [ids[1]], rows: 1 },
      { ids: [expect.any(String)], ownerId: undefined, rows: 1 },
    ]);
    const broken = { enqueue: () => Promise.reject(new Error("queue is down")) };
    await expect(ingest([doc("z")], { indexer: broken })).rejects.toThrow("queue is down");
    expect(await liveUris()).toEqual(["a"]);
  });

  test("a statement that fails names itself, and batches before it stay", async () => {
    await database.db.execute(
      sql`alter table devora.documents add constraint test_check check (content <> 'refused')`,
    );
    try {
      const run = ingest([doc("a"), doc("b"), doc("c", "refused"), doc("d")], { batchSize: 2 });
      await expect(run).rejects.toMatchObject({
        name: "DatabaseError",
        operation: "ingestDocuments",
        constraint: "test_check",
        message: expect.not.stringContaining("refused"),
      });
      expect(await liveUris()).toEqual(["a", "b"]);
    } finally {
      await database.db.execute(sql`alter table devora.documents drop constraint test_check`);
    }
  });

  test("an abort stops between documents: what is written stays, nothing is deleted, the source is closed", async () => {
    await ingest([doc("old")]);
    const abort = new AbortController();
    let closed = false;
    const source = async function* () {
      try {
        yield doc("1");
        yield doc("2");
        abort.abort(new Error("stop"));
        yield doc("3");
      } finally {
        closed = true;
      }
    };
    const options = { signal: abort.signal, batchSize: 1, prune: { prefix: "", maxShare: 1 } };
    await expect(ingest(source(), options)).rejects.toThrow("stop");
    expect({ closed, uris: await liveUris() }).toEqual({ closed: true, uris: ["1", "2", "old"] });
  });

  test("progress is told after each batch, and the next documents are fetched after it", async () => {
    const events: string[] = [];
    const source = function* () {
      for (const name of ["1", "2", "3"]) {
        events.push(`give ${name}`);
        yield doc(name, name === "2" ? "" : name);
      }
    };
    await ingest(source(), {
      batchSize: 1,
      onProgress: ({ done, added, failed }) => events.push(`done ${done}, added ${added}, failed ${failed}`),
    });
    expect(events).toEqual([
      "give 1",
      "done 1, added 1, failed 0",
      "give 2",
      "give 3",
      "done 3, added 2, failed 1",
    ]);
  });

  test("long documents are written before a batch is full", async () => {
    const dones: number[] = [];
    const long = "word ".repeat(300_000);
    await ingest(
      ["1", "2", "3", "4"].map((name) => doc(name, long)),
      { onProgress: ({ done }) => dones.push(done) },
    );
    expect(dones).toEqual([3, 4]);
  });

  test("U+0000 and lone surrogates are cleaned away, and a text without them hashes the same next time", async () => {
    const hostile = "a\u0000b\ud800c'; drop table devora.documents; --";
    await ingest([doc("a", hostile)]);
    expect(await ingest([doc("a", hostile)])).toMatchObject({ unchanged: 1 });
    expect(await live()).toMatchObject([{ content: "ab\ufffdc'; drop table devora.documents; --" }]);
    const { failed } = await ingest([doc("x\u0000y"), doc(""), doc("u".repeat(2001))]);
    expect(failed.map(({ code }) => code)).toEqual(Array(3).fill("INVALID_DOCUMENT"));
  });

  test("more documents than one page of the comparison holds are compared whole", async () => {
    const many = Array.from({ length: 1_203 }, (_, index) => doc(`p/${index}`, "x"));
    await ingest(many, { batchSize: 500 });
    const kept = many.filter((_, index) => index % 3 !== 0);
    expect(await ingest(kept, { batchSize: 500, prune: { prefix: "p/" } })).toMatchObject({
      unchanged: 802,
      deleted: 401,
    });
    expect(new Set(await liveUris())).toEqual(new Set(kept.map(({ uri }) => uri)));
  });

  test("a document that another run brings meanwhile is not deleted", async () => {
    await ingest([doc("a"), doc("b")]);
    const source = async function* () {
      yield doc("a");
      await ingest([doc("late")]);
    };
    expect(await ingest(source(), { prune: { prefix: "" } })).toMatchObject({ deleted: 1 });
    expect(await liveUris()).toEqual(["a", "late"]);
  });

  test.runIf(hasServer())("two runs at once make each document once (needs a server)", async () => {
    const bothRead = deferred();
    let waiting = 0;
    const names = Array.from({ length: 40 }, (_, index) => String(index));
    const given = (order: readonly string[]) =>
      order.map((name, place) =>
        doc(name, async () => {
          if (place === 9 && ++waiting === 2) bothRead.resolve();
          await (place === 9 ? bothRead.promise : undefined);
          return `Text ${name}`;
        }),
      );
    const runs = await Promise.all([
      ingest(given(names), { batchSize: 10 }),
      ingest(given([...names.slice(0, 10).toReversed(), ...names.slice(10)]), { batchSize: 10 }),
    ]);
    const sum = (key: "added" | "updated" | "unchanged") => runs.reduce((total, run) => total + run[key], 0);
    expect([sum("added"), sum("updated"), sum("unchanged")]).toEqual([40, 0, 40]);
    expect(await liveUris()).toHaveLength(40);
  });

  test.runIf(hasServer())("a run that waits for another's row updates it (needs a server)", async () => {
    const [inserted, commit] = [deferred(), deferred()];
    const first = ingest([doc("a", "first")], {
      indexer: {
        enqueue: async () => {
          inserted.resolve();
          await commit.promise;
        },
      },
    });
    await inserted.promise;
    const second = ingest([doc("a", "second")]);
    // The second is at the row when it waits for a lock; until then the first does not commit.
    for (let waits = 0, asked = 0; waits === 0 && asked < 20_000; asked++) {
      const [row] = await rowsOf(
        database.db,
        sql`select count(*)::int as waits from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      waits = Number(row?.waits);
    }
    commit.resolve();
    expect([await first, await second]).toMatchObject([{ added: 1 }, { added: 0, updated: 1 }]);
    expect(await live()).toMatchObject([{ content: "second" }]);
  });

  test.each<[string, Partial<IngestOptions>]>([
    ["no owner", { ownerId: undefined as never }],
    ["an empty owner", { ownerId: "" }],
    ["a list that is none", { documents: {} as never }],
    ["a database that is none", { db: {} as never }],
    ["a batch of none", { batchSize: 0 }],
    ["a share above 1", { prune: { prefix: "", maxShare: 2 } }],
    ["a scope without a prefix", { prune: {} as never }],
    ["an indexer that is none", { indexer: {} as never }],
    ["a reader that is none", { readers: { "text/x": {} as never } }],
    ["no time", { limits: { readMs: 0 } }],
  ])("%s is refused", async (_name, options) => {
    await expect(ingest([doc("a")], options)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
