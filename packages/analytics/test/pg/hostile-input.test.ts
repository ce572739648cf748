import { existsSync, readFileSync } from "node:fs";
import { analyticsEvents, newId, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { eq, inArray, sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { createAnalytics, defineCatalogue, drop, isAnalyticsError } from "../../src/index.ts";

const database = useTestDatabase();
const catalogue = defineCatalogue({
  noted: { description: "Anything at all was noted.", properties: { value: drop(z.unknown()) } },
});
const setup = (mode: "strict" | "warn") => createAnalytics({ db: database.db, catalogue, mode });

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
