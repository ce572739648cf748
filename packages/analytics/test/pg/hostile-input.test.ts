import { existsSync, readFileSync } from "node:fs";
import { analyticsEvents, type Database, newId, projects, withService, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { eq, inArray, sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { createAnalytics, defineCatalogue, drop, isAnalyticsError } from "../../src/index.ts";

const database = useTestDatabase();
const catalogue = defineCatalogue({
  noted: { description: "Anything at all was noted.", properties: { value: drop(z.unknown()) } },
});
const setup = (mode: "strict" | "warn" | "drop") => createAnalytics({ db: database.db, catalogue, mode });

const folder = new URL("../../../../../shared/data/bad-input/", import.meta.url);
const present = existsSync(folder);
if (!present) console.warn(`Skipped: hostile strings are not at ${folder.pathname}`);

function hostileStrings(): string[] {
  const lines = ["sqli", "xss", "path-traversal", "prompt-injection-labelled"].flatMap((name) =>
    readFileSync(new URL(`${name}.jsonl`, folder), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): string => JSON.parse(line).text),
  );
  const naughty: string[] = JSON.parse(readFileSync(new URL("blns.json", folder), "utf8"));
  return [...naughty, ...lines];
}

test.skipIf(!present)("hostile strings are stored letter by letter, as value, name and person", async () => {
  const texts = hostileStrings().filter((text) => text !== "" && text.length <= 400);
  expect(texts.length).toBeGreaterThan(10_000);
  const analytics = setup("strict");
  const results = await analytics.captureMany(
    texts.map((text) => ({ event: "noted", distinctId: text, properties: { value: { [text]: text } } })),
  );
  expect(results.every(({ outcome }) => outcome === "accepted")).toBe(true);

  // As JSON, because PGlite drops a U+FEFF at the start of a text that it reads.
  const rows = await withService(database.db, (tx) =>
    tx
      .select({
        id: analyticsEvents.id,
        stored: sql<unknown>`jsonb_build_object('person', distinct_id, 'value', properties -> 'value')`,
      })
      .from(analyticsEvents)
      .where(eq(analyticsEvents.event, "noted")),
  );
  const byId = new Map(rows.map((row) => [row.id, row.stored]));
  const wrong = texts.filter((text, i) => {
    const stored = JSON.stringify(byId.get(results[i]?.id ?? ""));
    return stored !== JSON.stringify({ value: { [text]: text }, person: text });
  });
  expect(wrong).toEqual([]);
});

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  stringUnit: "binary",
});

test("any value at all is stored or refused with a typed error; none fails in the database", async () => {
  const strict = setup("strict");
  const warn = setup("warn");
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      const event = { event: "noted" as const, distinctId: "u", properties: { value } };
      const outcome = await strict.capture(event).then(
        (result) => result.outcome,
        (error: unknown) => (isAnalyticsError(error) ? error.code : error),
      );
      expect(["accepted", "INVALID_EVENT"]).toContain(outcome);
      expect((await warn.capture(event)).outcome).toBe("accepted");
    }),
    { numRuns: 300 },
  );
});

test("any JSON that PostgreSQL can hold comes back as it was", async () => {
  const strict = setup("strict");
  const json = fc
    .jsonValue({ stringUnit: "grapheme" })
    .filter((value) => !JSON.stringify(value).includes("\\u0000"))
    // JSON has no -0.
    .map((value): unknown => JSON.parse(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 20 }), async (values) => {
      const results = await strict.captureMany(
        values.map((value) => ({ event: "noted", distinctId: "u", properties: { value } })),
      );
      const ids = results.map(({ id }) => id);
      const rows = await withService(database.db, (tx) =>
        tx.select().from(analyticsEvents).where(inArray(analyticsEvents.id, ids)),
      );
      const byId = new Map(rows.map((row) => [row.id, row.properties.value]));
      expect(ids.map((id) => byId.get(id))).toEqual(values);
    }),
    { numRuns: 50 },
  );
});

test("events at the limit of their size are written by the hundred", async () => {
  const analytics = setup("strict");
  const distinctId = newId();
  const zeros = Array.from({ length: 32_000 }, () => 0);
  const results = await analytics.captureMany(
    Array.from({ length: 100 }, () => ({ event: "noted", distinctId, properties: { value: zeros } })),
  );
  expect(results.filter(({ outcome }) => outcome === "accepted")).toHaveLength(100);
});

const circular: Record<string, unknown> = {};
circular.self = circular;

/** Kept by the mode `warn`, refused by the others. */
const wrong: [string, object][] = [
  ["an unknown event", { event: "nodet" }],
  ["a wrong property", { properties: { valeu: 1 } }],
  ["properties that are none", { properties: "text" }],
  ["a circular value", { properties: { value: circular } }],
  ["5 MB", { properties: { value: "x".repeat(5_000_000) } }],
  ["U+0000", { properties: { value: "a\u0000" } }],
  ["U+0000 as a name", { properties: { value: { "\u0000": 1 } } }],
  ["a lone surrogate", { properties: { value: ["\ud800"] } }],
  ["NaN", { properties: { value: Number.NaN } }],
  ["a function", { properties: { value: () => 1 } }],
  ["a time that is none", { occurredAt: new Date(Number.NaN) }],
];
/** Refused by all modes. */
const unusable: [string, object][] = [
  ["nobody", { userId: undefined }],
  ["a person with U+0000", { userId: "a\u0000" }],
  ["an id that is no UUID", { id: "order-1" }],
  ["no name", { event: undefined }],
];
/** Kept by all modes. */
const fine: [string, object][] = [
  ["undefined", { properties: { value: undefined } }],
  ["a bigint", { properties: { value: 2n ** 70n } }],
  ["a Date", { properties: { value: new Date(0) } }],
  ["a pair of surrogates", { properties: { value: "😀" } }],
];

const accepted = ["accepted", "buffered"];
const outcomeOf = async (call: () => unknown): Promise<string> => {
  try {
    const { outcome } = (await call()) as { outcome: string };
    return accepted.includes(outcome) ? "kept" : outcome;
  } catch (error) {
    return isAnalyticsError(error) ? error.code : String(error);
  }
};

test.each([
  { mode: "strict", onWrong: "INVALID_EVENT", onUnusable: "INVALID_EVENT" },
  { mode: "warn", onWrong: "kept", onUnusable: "invalid" },
  { mode: "drop", onWrong: "invalid", onUnusable: "invalid" },
] as const)(
  "$mode: bad input has one outcome in all ways to capture, and harms nothing",
  async (expected) => {
    const { db } = database;
    const { mode, onWrong, onUnusable } = expected;
    const cases = [...wrong, ...unusable, ...fine];
    const outcomes = [
      ...wrong.map(([name]) => [name, onWrong]),
      ...unusable.map(([name]) => [name, onUnusable]),
      ...fine.map(([name]) => [name, "kept"]),
    ];
    const kept = outcomes.filter(([, outcome]) => outcome === "kept").length;
    const eventOf = (userId: string, fields: object) => ({ event: "noted", userId, ...fields }) as never;
    const stored = (userId: string) =>
      withService(db, (tx) => tx.$count(analyticsEvents, eq(analyticsEvents.distinctId, userId)));
    const all = async (capture: (fields: object) => unknown) => {
      const answered: [string, string][] = [];
      for (const [name, fields] of cases) answered.push([name, await outcomeOf(() => capture(fields))]);
      return answered;
    };

    const inTransaction = await seedUser(db);
    const analytics = setup(mode);
    const answered = await withUser(db, inTransaction, async (tx: Database) => {
      const results = await all((fields) => analytics.capture(eventOf(inTransaction, fields), { db: tx }));
      await tx.insert(projects).values({ userId: inTransaction, name: "after" });
      return results;
    });
    expect(answered).toEqual(outcomes);
    expect(await stored(inTransaction)).toBe(kept);

    const buffering = newId();
    expect(await all((fields) => analytics.captureBuffered(eventOf(buffering, fields)))).toEqual(outcomes);
    expect(await analytics.flush()).toEqual({ remaining: 0 });
    expect(await stored(buffering)).toBe(kept);

    // One poison event among good ones costs no other, unless strict refuses them together.
    const batching = newId();
    const good = { event: "noted", userId: batching, properties: { value: 1 } } as const;
    expect(
      await all(async (fields) => {
        const [first, poison, last] = await analytics.captureMany([good, eventOf(batching, fields), good]);
        expect([first?.outcome, last?.outcome]).toEqual(["accepted", "accepted"]);
        return poison;
      }),
    ).toEqual(outcomes);
    const whole = outcomes.filter(([, outcome]) => outcome !== "INVALID_EVENT").length;
    expect(await stored(batching)).toBe(2 * whole + kept);

    const invalid = 3 * (wrong.length + unusable.length);
    const left = outcomes.filter(([, outcome]) => outcome === "invalid").length;
    expect(analytics.stats()).toMatchObject({ invalid, dropped: 3 * left, lost: 0, buffered: 0 });
  },
);
