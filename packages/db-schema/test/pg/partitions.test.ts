import {
  type Database,
  dropPartitionsBefore,
  ensurePartitions,
  newId,
  rowsOf,
  withService,
} from "@devora/db-schema";
import { deferred, hasServer, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";

const database = useTestDatabase();

interface Event {
  id?: string;
  at: string;
  destinations?: string;
}

async function capture(db: Database, { id = newId(), at, destinations = "{}" }: Event): Promise<string> {
  const events = JSON.stringify([
    { id, event: "opened", distinct_id: "a", occurred_at: at, properties: { at } },
  ]);
  await db.execute(sql`select * from devora.capture_events(${events}::jsonb, ${destinations}::text[])`);
  return id;
}

async function homeOf(id: string): Promise<unknown> {
  const [row] = await withService(database.db, (tx) =>
    rowsOf(
      tx,
      sql`select tableoid::regclass::text as home from devora.analytics_events where id = ${id}::uuid`,
    ),
  );
  return row?.home;
}

async function allOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

const exists = async (table: string): Promise<boolean> => {
  const [row] = await rowsOf(
    database.db,
    sql`select to_regclass(${`devora.${table}`}::text) is not null as there`,
  );
  return row?.there === true;
};

test("months are made once, and take over the rows that waited in the default partition", async () => {
  const { db } = database;
  const early = await capture(db, { at: "2031-05-31T23:59:59.999Z" });
  const other = await capture(db, { at: "2031-09-01T00:00:00Z" });
  expect(await homeOf(early)).toBe("devora.analytics_events_default");

  const months = { from: new Date("2031-04-30T23:00:00Z"), monthsAhead: 2 };
  expect(await ensurePartitions(db, months)).toEqual({
    created: ["analytics_events_y2031m04", "analytics_events_y2031m05", "analytics_events_y2031m06"],
  });
  expect(await ensurePartitions(db, months)).toEqual({ created: [] });
  expect(await homeOf(early)).toBe("devora.analytics_events_y2031m05");
  expect(await homeOf(other)).toBe("devora.analytics_events_default");
  expect(await homeOf(await capture(db, { at: "2031-06-01T00:00:00Z" }))).toBe(
    "devora.analytics_events_y2031m06",
  );
});

test("by default this month and the next three are there", async () => {
  const { created } = await ensurePartitions(database.db);
  expect(created).toHaveLength(4);
  expect(await homeOf(await capture(database.db, { at: new Date().toISOString() }))).toBe(
    `devora.${created[0]}`,
  );
});

test("a partition forces row level security, even for a moment's default partition, and is granted to nobody", async () => {
  await ensurePartitions(database.db, { from: new Date("2032-01-01"), monthsAhead: 0 });
  const open = await rowsOf(
    database.db,
    sql`
      select c.relname::text as name
      from pg_class c join pg_inherits i on i.inhrelid = c.oid
      where i.inhparent = 'devora.analytics_events'::regclass
        and (not c.relrowsecurity or not c.relforcerowsecurity
             or exists (select from pg_policy p where p.polrelid = c.oid)
             or exists (select from aclexplode(c.relacl) a where a.grantee <> c.relowner))`,
  );
  expect(open).toEqual([]);
  for (const role of ["devora_app", "devora_service", "devora_definer"]) {
    await expect(
      withService(database.db, (tx) => tx.execute(sql`select * from devora.analytics_events_y2032m01`), {
        role,
      }),
    ).rejects.toMatchObject({ cause: { code: "42501" } });
  }
});

test("old months are archived line by line, then dropped; younger ones, their events and the ids stay", async () => {
  const { db } = database;
  await ensurePartitions(db, { from: new Date("2020-01-01"), monthsAhead: 2 });
  const old = [
    await capture(db, { at: "2020-01-01T00:00:00Z" }),
    await capture(db, { at: "2020-01-31T23:59:59.999999Z" }),
  ];
  const young = await capture(db, { at: "2020-02-01T00:00:00Z" });
  const archived = new Map<string, string[]>();
  const result = await dropPartitionsBefore(db, new Date("2020-02-20T12:00:00Z"), {
    archive: async ({ partition, lines }) => {
      archived.set(partition, await allOf(lines));
    },
  });

  expect(result).toEqual({ dropped: ["analytics_events_y2020m01"], kept: [] });
  expect([...archived.keys()]).toEqual(["analytics_events_y2020m01"]);
  const lines = archived.get("analytics_events_y2020m01") ?? [];
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
  const restored = await rowsOf(
    db,
    sql`
      select e.id::text as id, e.occurred_at = (e.properties ->> 'at')::timestamptz as same
      from jsonb_array_elements(${`[${lines.join(",")}]`}::jsonb) line,
           lateral jsonb_populate_record(null::devora.analytics_events, line) e
      order by 1`,
  );
  expect(restored).toEqual(old.sort().map((id) => ({ id, same: true })));

  expect(await exists("analytics_events_y2020m01")).toBe(false);
  expect(await exists("analytics_events_y2020m01_detached")).toBe(false);
  expect(await homeOf(young)).toBe("devora.analytics_events_y2020m02");
  const again = JSON.stringify([
    { id: old[0], event: "opened", distinct_id: "a", occurred_at: "2020-01-01T00:00:00Z" },
  ]);
  expect(await rowsOf(db, sql`select outcome from devora.capture_events(${again}::jsonb, '{}')`)).toEqual([
    { outcome: "duplicate" },
  ]);
});

test("an archive larger than one round trip is complete and in order", async () => {
  const { db } = database;
  await ensurePartitions(db, { from: new Date("2019-01-01"), monthsAhead: 0 });
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into devora.analytics_events (id, event, distinct_id, occurred_at)
      select gen_random_uuid(), 'opened', 'a', timestamptz '2019-01-05' from generate_series(1, 4500)`),
  );
  const ids: string[] = [];
  await dropPartitionsBefore(db, new Date("2019-02-01"), {
    archive: async ({ lines }) => {
      ids.push(...(await allOf(lines)).map((line) => (JSON.parse(line) as { id: string }).id));
    },
  });
  expect(ids).toHaveLength(4500);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("a month whose archive fails stays readable under its new name, and the next call finishes it", async () => {
  const { db } = database;
  await ensurePartitions(db, { from: new Date("2018-01-01"), monthsAhead: 0 });
  const id = await capture(db, { at: "2018-01-15T00:00:00Z" });
  const full = Object.assign(new Error("disk full"), { code: "EPERM" });
  const before = new Date("2018-02-01");
  await expect(dropPartitionsBefore(db, before, { archive: () => Promise.reject(full) })).rejects.toBe(full);
  expect(await exists("analytics_events_y2018m01_detached")).toBe(true);

  // The month comes back meanwhile: both leave, the left-over first.
  await ensurePartitions(db, { from: new Date("2018-01-01"), monthsAhead: 0 });
  const late = await capture(db, { at: "2018-01-16T00:00:00Z" });
  const seen: string[] = [];
  const { dropped } = await dropPartitionsBefore(db, before, {
    archive: async ({ lines }) => {
      seen.push(...(await allOf(lines)).map((line) => (JSON.parse(line) as { id: string }).id));
    },
  });
  expect(dropped).toEqual(["analytics_events_y2018m01", "analytics_events_y2018m01"]);
  expect(seen).toEqual([id, late]);
});

test("a month with events that no destination has taken yet stays, attached and readable", async () => {
  const { db } = database;
  await ensurePartitions(db, { from: new Date("2017-01-01"), monthsAhead: 1 });
  const pending = await capture(db, { at: "2017-01-31T23:30:00Z", destinations: "{posthog}" });
  expect(await dropPartitionsBefore(db, new Date("2017-03-01"))).toEqual({
    dropped: ["analytics_events_y2017m02"],
    kept: [{ partition: "analytics_events_y2017m01", undelivered: 1 }],
  });
  expect(await homeOf(pending)).toBe("devora.analytics_events_y2017m01");
  await withService(db, (tx) =>
    tx.execute(sql`update devora.analytics_outbox set state = 'sent' where event_id = ${pending}::uuid`),
  );
  expect((await dropPartitionsBefore(db, new Date("2017-03-01"))).dropped).toEqual([
    "analytics_events_y2017m01",
  ]);
});

test.each([
  ["months beyond ten years", () => ensurePartitions(database.db, { monthsAhead: 121 })],
  ["half a month", () => ensurePartitions(database.db, { monthsAhead: 1.5 })],
  ["an invalid date", () => ensurePartitions(database.db, { from: new Date("soon") })],
  ["a date in the future", () => dropPartitionsBefore(database.db, new Date(Date.now() + 86_400_000))],
  ["no date", () => dropPartitionsBefore(database.db, "2020-01-01" as unknown as Date)],
])("%s is refused", async (_case, call) => {
  await expect(call()).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test.each([
  ["detach_event_partition", "analytics_events_default"],
  ["detach_event_partition", "analytics_outbox"],
  ["drop_detached_events", "analytics_outbox"],
  ["drop_detached_events", "analytics_events_y2031m05"],
])("%s('%s') is refused by the database", async (name, argument) => {
  await expect(
    withService(database.db, (tx) =>
      tx.execute(sql`select devora.${sql.identifier(name)}(${argument}::text)`),
    ),
  ).rejects.toMatchObject({ cause: { code: "22023" } });
  expect(await exists(argument)).toBe(true);
});

/** Waits until as many sessions of this database wait for a lock. */
async function untilWaiting(sessions: number): Promise<void> {
  const waiting = sql`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while (Number((await rowsOf(database.db, waiting))[0]?.count) < sessions);
}

describe.skipIf(!hasServer())("with several sessions (skipped where DATABASE_URL names no server)", () => {
  test("an event that is being captured, and one that comes meanwhile, land in the month that is being made", async () => {
    const { db } = database;
    const at = "2041-03-03T00:00:00Z";
    const captured = deferred<string>();
    const commit = deferred();
    const first = db.transaction(async (tx) => {
      captured.resolve(await capture(tx, { at }));
      await commit.promise;
    });
    const ids = [await captured.promise];
    const made = ensurePartitions(db, { from: new Date("2041-03-01"), monthsAhead: 0 });
    await untilWaiting(1);
    const second = capture(db, { at });
    await untilWaiting(2);
    commit.resolve();
    await first;
    expect(await made).toEqual({ created: ["analytics_events_y2041m03"] });
    ids.push(await second);
    expect(await Promise.all(ids.map(homeOf))).toEqual(ids.map(() => "devora.analytics_events_y2041m03"));
  });

  test("of six that make the same months at once each month is made by one, and all succeed", async () => {
    const made = await Promise.all(
      Array.from({ length: 6 }, () =>
        ensurePartitions(database.db, { from: new Date("2042-01-01"), monthsAhead: 5 }),
      ),
    );
    const created = made.flatMap((result) => result.created);
    expect(created).toHaveLength(6);
    expect(new Set(created).size).toBe(6);
  });
});
