import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  type ArchivedEvent,
  archiveTo,
  type DetachedMonth,
  dropPartitionsBefore,
  ensurePartitions,
  pruneEventIds,
  readArchive,
  restoreArchive,
  rowsOf,
  type WrittenArchive,
  withService,
} from "@devora/db-schema";
import { deferred, hasServer, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { captureInto, hostileTexts, manyDigits, setState, wholeEvents } from "../support/events.ts";

const database = useTestDatabase();
const parent = mkdtempSync(join(tmpdir(), "devora-archives-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(parent, String(folders++));

const ensure = (month: string) =>
  ensurePartitions(database.db, { from: new Date(`${month}-01`), monthsAhead: 0 });

/** Archives and drops the months up to and with this one. */
async function archiveMonth(folder: string, month: string): Promise<WrittenArchive[]> {
  const archives: WrittenArchive[] = [];
  const after = new Date(`${month}-01`);
  after.setUTCMonth(after.getUTCMonth() + 1);
  await dropPartitionsBefore(database.db, after, {
    archive: archiveTo(folder, { onArchived: (written) => archives.push(written) }),
  });
  return archives;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const exists = async (table: string): Promise<boolean> => {
  const name = `devora.${table}`;
  const [row] = await rowsOf(database.db, sql`select to_regclass(${name}::text) is not null as there`);
  return row?.there === true;
};

const nameOf = (month: string) => `analytics_events_y${month.replace("-", "m")}`;

describe("archive, drop, read back", () => {
  const month = "2016-02";
  const folder = newFolder();
  let before: unknown[];
  let ids: string[];
  let file: string;

  beforeAll(async () => {
    const { db } = database;
    await ensure(month);
    ids = await captureInto(db, month, 150, "{posthog}");
    await setState(db, "all", "sent");
    await withService(db, async (tx) => {
      await tx.execute(
        sql`update devora.analytics_events set properties = ${manyDigits}::jsonb where id = ${ids[7]}::uuid`,
      );
    });
    before = await wholeEvents(db, month);
    const archives = await archiveMonth(folder, month);
    file = join(folder, "analytics_events_y2016m02.ndjson.gz");
    expect(archives).toEqual([{ partition: nameOf(month), events: 150, file }]);
  });

  test("the file is a line per event and nothing else, with a manifest, for its owner alone", () => {
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([...ids].sort());
    expect(readdirSync(folder).sort()).toEqual([
      "analytics_events_y2016m02.manifest.json",
      "analytics_events_y2016m02.ndjson.gz",
    ]);
    const modes = [folder, ...readdirSync(folder).map((name) => join(folder, name))].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual(process.platform === "win32" ? expect.anything() : [0o700, 0o600, 0o600]);
  });

  test("it is read without a database, as rows", async () => {
    const events = await allOf(readArchive(file));
    expect(events).toHaveLength(150);
    expect(events.find(({ id }) => id === ids[4])).toEqual({
      id: String(ids[4]),
      event: `opened ${hostileTexts[4]}`,
      distinctId: `bob ${hostileTexts[4]}`,
      ownerId: "ada",
      actorId: null,
      sessionId: "s",
      occurredAt: new Date("2016-02-05T23:59:59.000Z"),
      claimedAt: new Date("0001-01-01T00:00:00.000Z"),
      receivedAt: expect.any(Date),
      countsAsActivity: true,
      retentionClass: "long",
      properties: { text: hostileTexts[4], list: [null, true, { deep: [] }] },
      context: { [String(hostileTexts[4])]: 4 },
    } satisfies ArchivedEvent);
  });

  test("restored it is the same in every column; nothing is queued, and a second run writes nothing", async () => {
    const { db } = database;
    expect(await wholeEvents(db, month)).toEqual([]);
    const queue = sql`select event_id, state, attempts from devora.analytics_outbox order by 1`;
    const deliveries = await withService(db, (tx) => rowsOf(tx, queue));
    // The table says that id 3 was gone: as after pruning.
    await withService(db, (tx) => tx.execute(sql`delete from devora.event_ids where id = ${ids[3]}::uuid`));

    const left = await restoreArchive(db, file, { skip: ({ id }) => id === ids[5] });
    expect(left).toEqual({ events: 150, restored: 149, present: 0, elsewhere: 0, skipped: 1 });
    expect(await wholeEvents(db, month)).toHaveLength(149);
    expect(await restoreArchive(db, file)).toEqual({
      events: 150,
      restored: 1,
      present: 149,
      elsewhere: 0,
      skipped: 0,
    });
    expect(await wholeEvents(db, month)).toEqual(before);
    expect(await exists(nameOf(month))).toBe(true);
    expect(await withService(db, (tx) => rowsOf(tx, queue))).toEqual(deliveries);
    const known = sql`select count(*)::int as count from devora.event_ids where id = ${ids[3]}::uuid`;
    expect(await withService(db, (tx) => rowsOf(tx, known))).toEqual([{ count: 1 }]);
  });

  test("archived again it ends in the same file; other events of the month in a second one", async () => {
    const { db } = database;
    const first = readFileSync(file);
    // The lines are the same whatever a connection's time zone (on PGlite there is just the one).
    await db.execute(sql`set timezone = 'Asia/Kathmandu'`);
    expect(await archiveMonth(folder, month)).toEqual([{ partition: nameOf(month), events: 150, file }]);
    await db.execute(sql`reset timezone`);
    await ensure(month);
    await captureInto(db, month, 2);
    const [second] = await archiveMonth(folder, month);
    expect(second?.file).toBe(join(folder, "analytics_events_y2016m02-2.ndjson.gz"));
    expect(await allOf(readArchive(String(second?.file)))).toHaveLength(2);
    expect(gunzipSync(readFileSync(file))).toEqual(gunzipSync(first));
    expect(readdirSync(folder)).toHaveLength(4);
  });

  test("an event whose id was captured anew under another time is left as it is", async () => {
    const { db } = database;
    await withService(db, async (tx) => {
      await tx.execute(sql`delete from devora.event_ids where id = ${ids[9]}::uuid`);
      await tx.execute(sql`delete from devora.analytics_outbox where event_id = ${ids[9]}::uuid`);
    });
    const anew = [{ id: ids[9], event: "anew", distinct_id: "a", occurred_at: "2016-09-09T00:00:00Z" }];
    await db.execute(sql`select * from devora.capture_events(${JSON.stringify(anew)}::jsonb, '{}')`);
    expect(await restoreArchive(db, file)).toMatchObject({ restored: 149, elsewhere: 1 });
    const kept = sql`select event from devora.analytics_events where id = ${ids[9]}::uuid`;
    expect(await withService(db, (tx) => rowsOf(tx, kept))).toEqual([{ event: "anew" }]);
  });

  /** A copy of the archive that is broken in one way, with its manifest. */
  function broken(breakIt: (file: string, manifest: string) => void): string {
    const copies = newFolder();
    const copy = `${copies}.ndjson.gz`;
    copyFileSync(file, copy);
    copyFileSync(file.replace(".ndjson.gz", ".manifest.json"), `${copies}.manifest.json`);
    breakIt(copy, `${copies}.manifest.json`);
    return copy;
  }
  const rewrite = (change: (lines: string[]) => void, fits: boolean) => (path: string, manifest: string) => {
    const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split("\n");
    change(lines);
    const text = `${lines.join("\n")}\n`;
    writeFileSync(path, gzipSync(text));
    if (!fits) return;
    const sha256 = createHash("sha256").update(text).digest("hex");
    const parsed = JSON.parse(readFileSync(manifest, "utf8"));
    writeFileSync(manifest, JSON.stringify({ ...parsed, sha256, events: lines.length }));
  };
  const inManifest = (change: object) => (_: string, manifest: string) =>
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), ...change }));
  const inLine3 = (from: RegExp, to: string) =>
    rewrite((lines) => lines.splice(2, 1, String(lines[2]).replace(from, to)), true);

  test.each<[string, (file: string, manifest: string) => void, RegExp]>([
    ["cut short", (path) => truncateSync(path, statSync(path).size - 9), /read to its end/],
    ["empty", (path) => truncateSync(path, 0), /0 lines|read to its end/],
    [
      "with a flipped bit",
      (path) => {
        const bytes = readFileSync(path);
        bytes.writeUInt8(bytes.readUInt8(2_000) ^ 4, 2_000);
        writeFileSync(path, bytes);
      },
      /read to its end|checksum|lines/,
    ],
    ["with more behind it", (path) => appendFileSync(path, gzipSync("{}\n")), /151 lines/],
    ["without a line", rewrite((lines) => lines.splice(5, 1), false), /149 lines/],
    ["with another digit", rewrite((l) => l.splice(0, 1, String(l[0]).replace("s", "t")), false), /checksum/],
    ["not there", (path) => rmSync(path), /ENOENT/],
    ["without its manifest", (_, manifest) => rmSync(manifest), /manifest\.json cannot be read/],
    ["with half a manifest", (_, manifest) => truncateSync(manifest, 50), /no manifest of events/],
    ["of a later version", inManifest({ version: 2 }), /version 2 .* version 1/],
    ["of no count", inManifest({ events: "150" }), /lacks/],
    ["with a line that is no JSON", inLine3(/^\{/, ""), /line 3 is no JSON/],
    ["with an event without time", inLine3(/"occurred_at"/, '"occurred"'), /line 3 has no valid occurred_at/],
    ["with a further column", inLine3(/^\{/, '{"x":1,'), /line 3 has columns/],
  ])("%s it is refused, and nothing of it is written or given out", async (_case, breakIt, message) => {
    const { db } = database;
    const copy = broken(breakIt);
    const there = await wholeEvents(db, month);
    for (const read of [() => restoreArchive(db, copy), () => allOf(readArchive(copy))]) {
      const error = await read().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "SchemaError", code: "INVALID_ARCHIVE" });
      expect(String(error)).toMatch(message);
      expect(String(error)).not.toMatch(/bob|opened/);
    }
    expect(await wholeEvents(db, month)).toEqual(there);
  });

  test("under the name of another month it is refused", async () => {
    const copy = broken(inManifest({ partition: "analytics_events_y2016m03" }));
    await expect(restoreArchive(database.db, copy)).rejects.toThrow(/line 1 is of another month/);
  });
});

describe("a month with undelivered events", () => {
  test.each([
    ["pending", "2015-01"],
    ["leased", "2015-02"],
    ["parked", "2015-03"],
  ] as const)("%s stays, and goes when they are sent", async (state, month) => {
    const { db } = database;
    await ensure(month);
    const [id] = await captureInto(db, month, 3, "{posthog}");
    await setState(db, "all", "sent");
    await setState(db, String(id), state);
    const before = new Date(`2015-0${Number(month.slice(-1)) + 1}-01`);
    const drop = () => dropPartitionsBefore(db, before, { archive: archiveTo(newFolder()) });
    expect(await drop()).toEqual({ dropped: [], kept: [{ partition: nameOf(month), undelivered: 1 }] });
    expect(await wholeEvents(db, month)).toHaveLength(3);
    await setState(db, String(id), "sent");
    expect(await drop()).toEqual({ dropped: [nameOf(month)], kept: [] });
  });

  test("is attached again when they were queued while it was archived", async () => {
    const { db } = database;
    const month = "2014-05";
    await ensure(month);
    const [id] = await captureInto(db, month, 4, "{posthog}");
    await setState(db, "all", "sent");
    const before = await wholeEvents(db, month);
    const archive = async (detached: DetachedMonth) => {
      await archiveTo(newFolder())(detached);
      expect(await wholeEvents(db, month)).toEqual([]);
      await setState(db, String(id), "pending");
    };
    expect(await dropPartitionsBefore(db, new Date("2014-06-01"), { archive })).toEqual({
      dropped: [],
      kept: [{ partition: nameOf(month), undelivered: 1 }],
    });
    expect(await wholeEvents(db, month)).toEqual(before);

    // As protected as any other: no grant, no policy, no constraint of its own.
    const facts = sql`
      select c.relrowsecurity and c.relforcerowsecurity as forced,
             (select count(*)::int from pg_policy where polrelid = c.oid) as policies,
             (select count(*)::int from pg_constraint where conrelid = c.oid and conname = 'within_month') as checks,
             (select count(*)::int from aclexplode(c.relacl) a where a.grantee <> c.relowner) as grants
      from pg_class c where oid = 'devora.analytics_events_y2014m05'::regclass`;
    expect(await rowsOf(db, facts)).toEqual([{ forced: true, policies: 0, checks: 0, grants: 0 }]);
    await captureInto(db, month, 1);
    await setState(db, String(id), "sent");
    expect((await dropPartitionsBefore(db, new Date("2014-06-01"))).dropped).toEqual([nameOf(month)]);
  });

  test("stays detached where the month has a new partition, and goes when they are sent", async () => {
    const { db } = database;
    const month = "2014-02";
    await ensure(month);
    const [id] = await captureInto(db, month, 1, "{posthog}");
    await setState(db, String(id), "sent");
    const archive = async () => {
      throw new Error("disk full");
    };
    const before = new Date("2014-03-01");
    await expect(dropPartitionsBefore(db, before, { archive })).rejects.toThrow("disk full");
    await ensure(month);
    await setState(db, String(id), "parked");
    const kept = { partition: nameOf(month), undelivered: 1 };
    expect((await dropPartitionsBefore(db, before)).kept).toEqual([kept, kept]);
    expect(await exists(`${nameOf(month)}_detached`)).toBe(true);
    await setState(db, String(id), "sent");
    expect((await dropPartitionsBefore(db, before)).dropped).toEqual([nameOf(month), nameOf(month)]);
  });
});

describe("an archive that fails keeps its month", () => {
  const month = "2013-01";
  const before = new Date("2013-02-01");
  const detached = () => exists(`${nameOf(month)}_detached`);
  beforeAll(async () => {
    await ensure(month);
    await captureInto(database.db, month, 5);
  });

  test.each<[string, (month: DetachedMonth) => Promise<void>, object]>([
    ["it has read no line", async () => {}, { code: "ARCHIVE_INCOMPLETE" }],
    [
      "it has read all lines but one",
      async ({ lines, events }) => {
        let read = 0;
        for await (const _ of lines) if (++read === events - 1) return;
      },
      { code: "ARCHIVE_INCOMPLETE" },
    ],
    ["its folder is a file", archiveTo(new URL(import.meta.url).pathname), { code: "EEXIST" }],
  ])("%s", async (_case, archive, error) => {
    await expect(dropPartitionsBefore(database.db, before, { archive })).rejects.toMatchObject(error);
    expect(await detached()).toBe(true);
  });

  test("the disk is full: nothing that looks like an archive is left", async () => {
    const folder = newFolder();
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    async function* breaking(lines: AsyncIterable<string>) {
      for await (const line of lines) {
        yield line;
        throw full;
      }
    }
    const archive = (whole: DetachedMonth) => archiveTo(folder)({ ...whole, lines: breaking(whole.lines) });
    await expect(dropPartitionsBefore(database.db, before, { archive })).rejects.toBe(full);
    expect([readdirSync(folder), await detached()]).toEqual([[], true]);
  });

  test("no name is written over, whatever a process that died left under it", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    const at = (name: string) => join(folder, `${nameOf(month)}${name}`);
    writeFileSync(at(".ndjson.gz"), "no manifest");
    writeFileSync(at("-2.manifest.json"), "no archive");
    const [archive] = await archiveMonth(folder, month);
    expect(archive?.file).toBe(at("-3.ndjson.gz"));
    expect(readFileSync(at(".ndjson.gz"), "utf8")).toBe("no manifest");
    expect(await allOf(readArchive(at("-3.ndjson.gz")))).toHaveLength(5);
  });
});

describe("ids of dropped events", () => {
  const idsOf = async (table: "event_ids" | "analytics_outbox"): Promise<number> => {
    const count = sql`select count(*)::int as count from devora.${sql.identifier(table)}`;
    return Number((await withService(database.db, (tx) => rowsOf(tx, count)))[0]?.count);
  };

  test("go with the notes of their delivery; those of events that are there, wait, or are young stay", async () => {
    const { db } = database;
    await pruneEventIds(db, { olderThanDays: 31 });
    const others = [await idsOf("event_ids"), await idsOf("analytics_outbox")] as const;
    await Promise.all(["2012-01", "2012-02", "2012-03"].map(ensure));
    const dropped = await captureInto(db, "2012-01", 6, "{posthog,webhook}");
    await captureInto(db, "2012-02", 2);
    await captureInto(db, "2012-03", 3);
    await captureInto(db, "2012-04", 4); // in the default partition
    const now = new Date();
    const thisMonth = now.toISOString().slice(0, 7);
    const [young] = await captureInto(db, thisMonth, 1);
    await setState(db, "all", "sent");
    await withService(db, async (tx) => {
      await tx.execute(sql`delete from devora.analytics_events where id = ${young}::uuid`);
    });
    const throws = () => Promise.reject(new Error("disk full"));
    await dropPartitionsBefore(db, new Date("2012-02-01"));
    await expect(dropPartitionsBefore(db, new Date("2012-03-01"), { archive: throws })).rejects.toThrow();
    expect(await exists("analytics_events_y2012m02_detached")).toBe(true);
    await setState(db, String(dropped[0]), "parked");

    expect(await pruneEventIds(db, { olderThanDays: 31 })).toEqual({ pruned: 5 });
    expect(await idsOf("event_ids")).toBe(others[0] + 1 + 2 + 3 + 4 + 1);
    // Both deliveries of the one that waits: one note of it is as good as none.
    expect(await idsOf("analytics_outbox")).toBe(others[1] + 2);
    expect(await pruneEventIds(db, { olderThanDays: 31 })).toEqual({ pruned: 0 });

    await setState(db, String(dropped[0]), "sent");
    await dropPartitionsBefore(db, new Date("2012-03-01"));
    expect(await pruneEventIds(db, { olderThanDays: 31 })).toEqual({ pruned: 1 + 2 });
    const again = [{ id: dropped[1], event: "late", distinct_id: "a", occurred_at: now.toISOString() }];
    expect(
      await rowsOf(
        db,
        sql`select outcome from devora.capture_events(${JSON.stringify(again)}::jsonb, '{posthog}')`,
      ),
    ).toEqual([{ outcome: "accepted" }]);
  });

  test("are counted over more pages than one transaction reads", async () => {
    const { db } = database;
    const made = 85_000;
    await withService(db, (tx) =>
      tx.execute(sql`
        insert into devora.event_ids select gen_random_uuid(), '2011-01-01' from generate_series(1, ${made}::int)`),
    );
    expect(await pruneEventIds(db, { olderThanDays: 31 })).toEqual({ pruned: made });
  });

  test.each([30, Number.NaN, Number.POSITIVE_INFINITY, "soon" as unknown as number])(
    "olderThanDays %s is refused",
    async (olderThanDays) => {
      await expect(pruneEventIds(database.db, { olderThanDays })).rejects.toMatchObject({
        code: "INVALID_OPTION",
      });
    },
  );
});

/** Waits until as many sessions of this database wait for a lock. */
async function untilWaiting(sessions: number): Promise<void> {
  const waiting = sql`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while (Number((await rowsOf(database.db, waiting))[0]?.count) < sessions);
}

describe.skipIf(!hasServer())("with several sessions (skipped where DATABASE_URL names no server)", () => {
  const whileOpen = async (work: (tx: typeof database.db) => Promise<unknown>) => {
    const [done, commit] = [deferred(), deferred()];
    const transaction = database.db.transaction(async (tx) => {
      await work(tx);
      done.resolve();
      await commit.promise;
    });
    await done.promise;
    return async () => {
      commit.resolve();
      await transaction;
    };
  };

  test("an event that is being captured into the month keeps it", async () => {
    const { db } = database;
    await ensure("2010-01");
    const commit = await whileOpen((tx) => captureInto(tx, "2010-01", 1, "{posthog}"));
    const dropped = dropPartitionsBefore(db, new Date("2010-02-01"));
    await untilWaiting(1);
    await commit();
    expect(await dropped).toEqual({
      dropped: [],
      kept: [{ partition: nameOf("2010-01"), undelivered: 1 }],
    });
    expect(await wholeEvents(db, "2010-01")).toHaveLength(1);
  });

  test("a delivery that is being queued when the month is to be dropped keeps it", async () => {
    const { db } = database;
    await ensure("2009-01");
    const [id] = await captureInto(db, "2009-01", 2, "{posthog}");
    await setState(db, "all", "sent");
    const reading = deferred();
    const queued = deferred();
    const archive = async (month: DetachedMonth) => {
      await archiveTo(newFolder())(month);
      reading.resolve();
      await queued.promise;
    };
    const dropped = dropPartitionsBefore(db, new Date("2009-02-01"), { archive });
    await reading.promise;
    const commit = await whileOpen((tx) => setState(tx, String(id), "pending"));
    queued.resolve();
    await untilWaiting(1);
    await commit();
    expect((await dropped).kept).toEqual([{ partition: nameOf("2009-01"), undelivered: 1 }]);
    expect(await wholeEvents(db, "2009-01")).toHaveLength(2);
  });
});
