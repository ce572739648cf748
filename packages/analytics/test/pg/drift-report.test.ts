import { rowsOf, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import {
  type Catalogue,
  createAnalytics,
  type DriftOptions,
  defineCatalogue,
  devoraCatalogue,
  driftReport,
  drop,
  keep,
} from "../../src/index.ts";
import { capturedPropertiesQuery } from "../../src/queries/event-drift.ts";

const database = useTestDatabase();
const catalogue = defineCatalogue({
  book_borrowed: {
    description: "A reader took a book home.",
    properties: {
      book_id: keep(z.string()),
      days: keep(z.int()),
      shelf: keep(z.string().nullish()),
      note: drop(z.string().optional()),
      returned_on: keep(z.date().optional()),
    },
  },
  shop_opened: { description: "The shop opened.", properties: {} },
  shop_closed: { description: "The shop closed.", properties: {} },
});
const march = { from: new Date("2025-03-01T00:00:00Z"), to: new Date("2025-04-01T00:00:00Z") };
const at = (day: number, hour = 0) => new Date(Date.UTC(2025, 2, day, hour));
const secret = "a value that nobody may read";

/** Events as hosts have them that look at nothing: any name, any property, kept with a mark. */
function capture(
  events: readonly { event: string; occurredAt: Date; properties?: Record<string, unknown> }[],
) {
  const analytics = createAnalytics<Catalogue>({ db: database.db, catalogue, maxAgeDays: Infinity });
  return analytics.captureMany(events.map((event) => ({ distinctId: "d", ...event })));
}
const report = (options: Partial<DriftOptions> = {}) =>
  driftReport({ db: database.db, catalogue, ...march, ...options });
const named = async (event: string, options?: Partial<DriftOptions>) =>
  (await report(options)).events.find((captured) => captured.event === event);

beforeAll(async () => {
  await capture([
    { event: "book_borrowed", occurredAt: at(2), properties: { book_id: "b1", days: 14, shelf: "A" } },
    { event: "book_borrowed", occurredAt: at(3), properties: { book_id: "b2", days: secret, shelf: null } },
    { event: "book_borrowed", occurredAt: at(4), properties: { days: 1.5, bookId: secret, extra: [secret] } },
    {
      event: "book_borrowed",
      occurredAt: at(5),
      properties: { book_id: { id: secret }, days: 7, extra: null },
    },
    { event: "shop_opened", occurredAt: at(1), properties: {} },
    { event: "shop_opened", occurredAt: at(31, 23), properties: {} },
    { event: "book_borowed", occurredAt: at(6), properties: { book_id: secret } },
    // Outside the range, by a moment each.
    { event: "shop_opened", occurredAt: new Date(march.from.getTime() - 1), properties: { before: 1 } },
    { event: "shop_closed", occurredAt: march.to, properties: {} },
    // Another month: names by the thousand.
    ...Array.from({ length: 5 }, (_, row) => ({
      event: "shop_opened",
      occurredAt: new Date(Date.UTC(2025, 5, 1, row)),
      properties: Object.fromEntries([
        ["usual", 1],
        ...(row < 2 ? [["rare", 1]] : []),
        ...Array.from({ length: 120 }, (_, n) => [`x${row}-${n}-${"y".repeat(300)}`, n]),
      ]),
    })),
    ...Array.from({ length: 4 }, (_, n) => ({
      event: `made_up_${n}`,
      occurredAt: new Date(Date.UTC(2025, 5, 2, n)),
    })),
    { event: "made_up_3", occurredAt: new Date(Date.UTC(2025, 5, 3)) },
  ]);
});
const june = { from: new Date("2025-06-01T00:00:00Z"), to: new Date("2025-07-01T00:00:00Z") };

test("what differs is found, and nothing else", async () => {
  const { findings } = await report();
  const event = "book_borrowed";
  expect(findings.filter((finding) => !finding.event.startsWith("$"))).toEqual([
    { kind: "undeclared_event", event: "book_borowed", rows: 1 },
    { kind: "required_missing", event, property: "book_id", rows: 1 },
    { kind: "unexpected_type", event, property: "book_id", type: "object", rows: 1 },
    { kind: "unexpected_type", event, property: "days", type: "string", rows: 1 },
    { kind: "property_never_captured", event, property: "note", rows: 0 },
    { kind: "property_never_captured", event, property: "returned_on", rows: 0 },
    { kind: "undeclared_property", event, property: "bookId", rows: 1 },
    { kind: "undeclared_property", event, property: "extra", rows: 2 },
    { kind: "event_never_captured", event: "shop_closed", rows: 0 },
  ]);
  // The package's own events are declared, whatever the catalogue.
  expect(findings).toContainEqual({ kind: "event_never_captured", event: "$feature_flag_called", rows: 0 });
});

test("each event that came is counted, with its properties by type", async () => {
  const { events, moreEvents, from, to } = await report();
  expect({ from, to, moreEvents }).toEqual({ ...march, moreEvents: { names: 0, rows: 0 } });
  expect(events.map(({ event, declared, rows }) => ({ event, declared, rows }))).toEqual([
    { event: "book_borowed", declared: false, rows: 1 },
    { event: "book_borrowed", declared: true, rows: 4 },
    { event: "shop_opened", declared: true, rows: 2 },
  ]);
  expect(events[1]).toEqual({
    event: "book_borrowed",
    declared: true,
    rows: 4,
    firstSeen: at(2),
    lastSeen: at(5),
    rowsRead: 4,
    invalid: 3,
    properties: [
      { property: "bookId", declared: false, rows: 1, types: { string: 1 } },
      { property: "book_id", declared: true, rows: 3, types: { string: 2, object: 1 } },
      { property: "days", declared: true, rows: 4, types: { number: 3, string: 1 } },
      { property: "extra", declared: false, rows: 2, types: { array: 1, null: 1 } },
      { property: "shelf", declared: true, rows: 2, types: { string: 1, null: 1 } },
    ],
    moreProperties: { names: 0, rows: 0 },
  });
  expect(events[2]).toMatchObject({ firstSeen: at(1), lastSeen: at(31, 23), invalid: 0, properties: [] });
});

test("no value is in the report", async () => {
  expect(JSON.stringify(await report())).not.toContain(secret);
});

test("properties are read of the newest rows alone, events are counted in full", async () => {
  expect(await named("book_borrowed", { rowsPerEvent: 2 })).toMatchObject({
    rows: 4,
    firstSeen: at(2),
    rowsRead: 2,
    invalid: 2,
    properties: [
      { property: "bookId", rows: 1 },
      { property: "book_id", rows: 1, types: { object: 1 } },
      { property: "days", rows: 2 },
      { property: "extra", rows: 2 },
    ],
  });
  const { findings } = await report({ rowsPerEvent: 2 });
  expect(findings).toContainEqual({
    kind: "required_missing",
    event: "book_borrowed",
    property: "book_id",
    rows: 1,
  });
});

test("names that somebody made up are cut, and counted beyond a limit", async () => {
  const opened = await named("shop_opened", { ...june, limit: 3 });
  expect(opened).toMatchObject({ rows: 5, invalid: 5 });
  // The most frequent ones. "x0-10-yyy…" is one of 5 times 98 or 99 others that were read.
  expect(
    opened?.properties.map(({ property, rows }) => [property.slice(0, 5), property.length, rows]),
  ).toEqual([
    ["rare", 4, 2],
    ["usual", 5, 5],
    ["x0-0-", 200, 1],
  ]);
  expect(opened?.moreProperties).toEqual({ names: 492, rows: 492 });
  expect((await named("shop_opened", june))?.properties).toHaveLength(50);
});

test("events that somebody made up are named by frequency, and counted beyond a limit", async () => {
  const { events, moreEvents } = await report({ ...june, limit: 2 });
  expect(events.map(({ event, rows }) => [event, rows])).toEqual([
    ["made_up_0", 1],
    ["made_up_3", 2],
    ["shop_opened", 5],
  ]);
  expect(moreEvents).toEqual({ names: 2, rows: 2 });
});

test("the limit leaves out nothing that is declared", async () => {
  const { events, findings } = await report({ limit: 1 });
  expect(events.map(({ event, properties }) => [event, properties.length])).toEqual([
    ["book_borowed", 1],
    ["book_borrowed", 4],
    ["shop_opened", 0],
  ]);
  expect(events[1]?.moreProperties).toEqual({ names: 1, rows: 1 });
  expect(findings).not.toContainEqual(expect.objectContaining({ property: "shelf" }));
});

test("without a catalogue it is Devora's, and an empty range finds that nothing came", async () => {
  const { events, findings } = await driftReport({
    db: database.db,
    from: new Date("2024-01-01T00:00:00Z"),
    to: new Date("2024-02-01T00:00:00Z"),
  });
  expect(events).toEqual([]);
  expect(findings.map(({ kind, event }) => [kind, event])).toEqual(
    expect.arrayContaining(Object.keys(devoraCatalogue).map((event) => ["event_never_captured", event])),
  );
});

test("names that PostgreSQL and JavaScript have plans for are names", async () => {
  const odd = Object.fromEntries([
    ["__proto__", keep(z.string())],
    ["a\u0000b", keep(z.string())],
    ["quote'\"\\", keep(z.string())],
  ]);
  const strange = { ...catalogue, constructor: { description: "x", properties: odd } };
  const days = { from: new Date("2025-08-01T00:00:00Z"), to: new Date("2025-09-01T00:00:00Z") };
  await capture([
    {
      event: "constructor",
      occurredAt: days.from,
      properties: JSON.parse('{"__proto__": 1, "quote\'\\"\\\\": "a"}'),
    },
    { event: "toString", occurredAt: days.from },
  ]);
  const { findings, events } = await report({ ...days, catalogue: strange });
  expect(events.map(({ event, declared }) => [event, declared])).toEqual([
    ["constructor", true],
    ["toString", false],
  ]);
  expect(findings.filter(({ event }) => event === "constructor")).toEqual([
    { kind: "unexpected_type", event: "constructor", property: "__proto__", type: "number", rows: 1 },
    { kind: "property_never_captured", event: "constructor", property: "a\u0000b", rows: 0 },
    { kind: "required_missing", event: "constructor", property: "a\u0000b", rows: 1 },
  ]);
});

test("it joins the caller's transaction, and stops when it is told to", async () => {
  const { db } = database;
  const unseen = { from: new Date("2025-09-01T00:00:00Z"), to: new Date("2025-10-01T00:00:00Z") };
  const rolledBack = withService(db, async (tx) => {
    await createAnalytics({ db, catalogue, maxAgeDays: Infinity }).capture(
      { event: "shop_opened", distinctId: "d", ownerId: null, occurredAt: unseen.from },
      { db: tx },
    );
    const { events } = await driftReport({ db, catalogue, ...unseen }, { db: tx });
    throw new Error(`${events.length} event`);
  });
  await expect(rolledBack).rejects.toThrow("1 event");

  const aborted = driftReport({ db, catalogue, ...march }, { signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
});

test.each<[string, Partial<DriftOptions>]>([
  ["no database", { db: undefined as never }],
  ["no time", { from: new Date(Number.NaN) }],
  ["text for a time", { to: "2025-04-01" as never }],
  ["an end that is the beginning", { to: march.from }],
  ["no rows", { rowsPerEvent: 0 }],
  ["half a name", { limit: 1.5 }],
])("refuses %s", async (_, options) => {
  await expect(report(options)).rejects.toMatchObject({ name: "AnalyticsError", code: "INVALID_OPTION" });
});

test("properties of a large month are read by the index on event and time", async () => {
  const { db } = database;
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into devora.analytics_events (id, event, distinct_id, occurred_at)
      select gen_random_uuid(), 'filler_' || n % 20, 'd', ${march.from.toISOString()}::timestamptz + n * interval '1 minute'
      from generate_series(1, 20000) as n`),
  );
  await db.execute(sql`analyze devora.analytics_events`);
  const query = capturedPropertiesQuery(march, [{ event: "filler_1", declared: [] }], {
    rowsPerEvent: 100,
    limit: 50,
  });
  const plan = await withService(db, async (tx) =>
    (await rowsOf(tx, sql`explain (costs off) ${query}`)).map((row) => Object.values(row)[0]).join("\n"),
  );
  expect(plan).not.toMatch(/Seq Scan/);
  expect(plan).toMatch(/Index Scan Backward using \w*event_occurred_at_idx/);
});
