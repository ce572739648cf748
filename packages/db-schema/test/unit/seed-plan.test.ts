import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate } from "../../src/seed/allocate.ts";
import { addMonths, calendarOf, iso } from "../../src/seed/calendar.ts";
import { seedSettings } from "../../src/seed/options.ts";
import { partsOf } from "../../src/seed/parts.ts";
import { planPopulation } from "../../src/seed/population.ts";
import { bits, kinds, streamOf } from "../../src/seed/random.ts";
import { conversationRows } from "../../src/seed/rows/conversations.ts";
import { eventRows } from "../../src/seed/rows/events.ts";
import { projectRows } from "../../src/seed/rows/projects.ts";

const plan = (size: number, now: string, seed = 1, months = 13) =>
  planPopulation(seedSettings({ size, seed, months, now: new Date(now) }));

const everything = (size: number, now: string, seed = 1): Record<string, object[]> =>
  Object.fromEntries(
    [...partsOf(plan(size, now, seed), { analytics: true, metrics: true })].map(({ table, rows }) => [
      table,
      [...rows],
    ]),
  );

test.each([
  { size: 0 },
  { size: -1 },
  { size: 100.1 },
  { size: Number.NaN },
  { size: "1" as unknown as number },
  { seed: 1.5 },
  { seed: Number.POSITIVE_INFINITY },
  { now: new Date("x") },
  { now: new Date(0) },
  { now: "2026-01-01" as unknown as Date },
  { months: 0 },
  { months: 37 },
  { onProgress: 1 as unknown as () => void },
])("an option out of range is refused: %j", (options) => {
  expect(() => seedSettings(options)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(/must be .*received/) }),
  );
});

test("sizes count in proportion, fractions too, and there is at least one of each", () => {
  const counts = (size: number) => {
    const { people, projects, files, conversations, messages, deployments, events } = plan(
      size,
      "2026-03-15T14:20Z",
    );
    return [people, projects, files, conversations, messages, deployments]
      .map((rows) => ("count" in rows ? rows.count : rows.length))
      .concat(events);
  };
  expect(counts(1)).toEqual([150, 342, 1000, 90, 1250, 340, 50_000]);
  expect(counts(0.1)).toEqual([15, 34, 100, 9, 125, 34, 5000]);
  expect(counts(2.5)).toEqual([375, 855, 2500, 225, 3125, 850, 125_000]);
  expect(counts(0.0001)).toEqual([1, 1, 1, 1, 1, 1, 5]);
});

test("the totals that a part announces are the rows that it has", () => {
  for (const size of [0.001, 0.1, 1]) {
    for (const { table, total, rows } of partsOf(plan(size, "2026-03-15T14:20Z"), {
      analytics: true,
      metrics: true,
    })) {
      expect([table, [...rows].length]).toEqual([table, total]);
    }
  }
});

test("the same size, seed and time give the same rows; another seed gives others", () => {
  const first = everything(0.1, "2026-03-15T14:20Z", 7);
  expect(everything(0.1, "2026-03-15T14:20Z", 7)).toEqual(first);
  const other = everything(0.1, "2026-03-15T14:20Z", 8);
  const idsOf = (rows: Record<string, object[]>) =>
    Object.values(rows).flatMap((list) => list.map((row) => (row as { id?: string }).id));
  const known = new Set(idsOf(first).filter((id) => id !== undefined));
  expect(idsOf(other).filter((id) => id !== undefined && known.has(id))).toEqual([]);
  expect(other.projects?.map((row) => (row as { description: string }).description)).not.toEqual(
    first.projects?.map((row) => (row as { description: string }).description),
  );
});

test("ids of a table never repeat", () => {
  for (const [table, rows] of Object.entries(everything(1, "2026-03-15T14:20Z"))) {
    const ids = rows.map((row) => {
      const { id, owner_id, day } = row as { id?: string; owner_id?: string; day?: string };
      return id ?? owner_id ?? day;
    });
    expect([table, new Set(ids).size]).toEqual([table, rows.length]);
  }
});

// Midnight, just after it, the end of the longest and of the shortest month, a leap day.
test.each([
  "2026-03-15T00:00:00.000Z",
  "2026-03-15T00:00:00.001Z",
  "2026-03-15T01:30:00.000Z",
  "2026-03-31T23:59:59.999Z",
  "2026-02-28T12:00:00.000Z",
  "2024-02-29T12:00:00.000Z",
])("at %s nothing lies in the future or before the first day", (now) => {
  const { from } = calendarOf(Date.parse(now), 13);
  const planned = new Set(["current_period_end", "period_end", "trial_end"]);
  for (const [table, rows] of Object.entries(everything(0.2, now))) {
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (planned.has(column) || typeof value !== "string" || !/^\d{4}-\d\d-\d\dT.*Z$/.test(value))
          continue;
        expect(value <= now, `${table}.${column} ${value}`).toBe(true);
        expect(value >= iso(from), `${table}.${column} ${value}`).toBe(true);
      }
    }
  }
});

test("events come in order of time and as many as wanted", () => {
  const rows = [...eventRows(plan(0.3, "2026-03-15T14:20Z"))];
  expect(rows).toHaveLength(15_000);
  const times = rows.map((row) => row.occurred_at as string);
  expect(times).toEqual([...times].sort());
});

test("people talk in their own language, also about a project in the other one", () => {
  const population = plan(2, "2026-03-15T14:20Z");
  const localeOf = new Map(population.people.map(({ id, locale }) => [id, locale]));
  const languages = new Map([...projectRows(population)].map(({ id, language }) => [id, language]));
  let abroad = 0;
  for (const { user_id, project_id, language } of conversationRows(population)) {
    expect(language).toBe(localeOf.get(user_id as string));
    if (languages.get(project_id) !== language) abroad += 1;
  }
  expect(abroad).toBeGreaterThan(0);
});

test("streams of neighbours have nothing in common, and a stream can be had again", () => {
  const numbers = (kind: 1 | 2, index: number, part = 0, seed = 1) => {
    const s = streamOf(seed, kind, index, part);
    return Array.from({ length: 4 }, () => bits(s));
  };
  expect(numbers(1, 5)).toEqual(numbers(1, 5));
  const all = [1, 2].flatMap((kind) =>
    [0, 1, 2, 3].flatMap((index) =>
      [0, 1, 2].flatMap((part) =>
        [1, 2, -1, 2 ** 32 + 1].flatMap((seed) => numbers(kind as 1 | 2, index, part, seed)),
      ),
    ),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(Object.values(kinds)).size).toBe(Object.keys(kinds).length);
});

test("children are dealt out whole, in order, by weight", () => {
  expect([...allocate(6, Float64Array.from([1, 2, 3]))]).toEqual([0, 1, 1, 2, 2, 2]);
  expect([...allocate(8, Float64Array.from([0, 1, 3]), 1)]).toEqual([0, 1, 1, 2, 2, 2, 2, 2]);
  fc.assert(
    fc.property(
      fc.nat(300),
      fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 }),
      fc.nat(3),
      (count, weights, minimum) => {
        const parents = allocate(count, Float64Array.from(weights), minimum);
        expect(parents).toHaveLength(count);
        expect([...parents]).toEqual([...parents].sort((a, b) => a - b));
        expect(parents.at(-1) ?? 0).toBeLessThan(weights.length);
        if (count >= minimum * weights.length) {
          const each = weights.map((_, parent) => parents.filter((of) => of === parent).length);
          expect(Math.min(...each)).toBeGreaterThanOrEqual(minimum);
        }
      },
    ),
  );
});

test("months keep the time of day, and the last day where a month is too short", () => {
  const added = (time: string, months: number) => iso(addMonths(Date.parse(time), months));
  expect(added("2026-01-31T08:30:00.000Z", 1)).toBe("2026-02-28T08:30:00.000Z");
  expect(added("2026-03-31T23:59:59.999Z", -13)).toBe("2025-02-28T23:59:59.999Z");
  expect(added("2025-12-15T00:00:00.000Z", 1)).toBe("2026-01-15T00:00:00.000Z");
});
