import { expect, test } from "vitest";
import { z } from "zod";
import { type Catalogue, defineCatalogue, devoraCatalogue, EventType, hash, keep } from "../../src/index.ts";

test("Devora's catalogue declares at least 40 events, each named by EventType", () => {
  expect(Object.keys(devoraCatalogue).length).toBeGreaterThanOrEqual(40);
  expect(Object.values(EventType).toSorted()).toEqual(Object.keys(devoraCatalogue).toSorted());
});

test("names are snake_case, and EventType's key is the event's name in PascalCase", () => {
  for (const [key, name] of Object.entries(EventType)) {
    expect(name).toMatch(/^([a-z]+(_[a-z]+)+|\$[a-z]+(_[a-z]+)*)$/);
    expect(name.replace(/(?:^\$?|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())).toBe(key);
    for (const property of Object.keys(devoraCatalogue[name].properties)) {
      expect(property).toMatch(/^\$?[a-z]+(_[a-z]+)*$/);
    }
  }
});

test("what people typed never leaves the database", () => {
  const typed = /(name|title|path|query|question|comment|reason|error_message|url)$/;
  const leaving = Object.entries(devoraCatalogue as Catalogue).flatMap(([event, { properties }]) =>
    Object.entries(properties)
      .filter(([property, { privacy }]) => typed.test(property) && privacy !== "drop")
      .map(([property]) => `${event}.${property}`),
  );
  // Errors and limits are named by developers; pages are needed to read a visit.
  expect(leaving).toEqual([
    "session_started.entry_path",
    "page_viewed.path",
    "error_occurred.error_name",
    "rate_limit_reached.limit_name",
  ]);
});

test("what happens without the person is no activity", () => {
  const active = (name: EventType) => (devoraCatalogue as Catalogue)[name]?.countsAsActivity === true;
  expect(active(EventType.ProjectCreated)).toBe(true);
  expect(active(EventType.SessionStarted)).toBe(true);
  for (const name of Object.values(EventType)) {
    if (/^(invoice|payment_(failed|refunded)|subscription|request|error|session_ended)/.test(name)) {
      expect([name, active(name)]).toEqual([name, false]);
    }
  }
});

const event = { description: "Something happened.", properties: {} };

test.each<[string, Record<string, unknown>]>([
  ["an empty name", { "": event }],
  ["a name that PostgreSQL cannot store", { "a\u0000b": event }],
  ["a name beyond the column", { ["x".repeat(201)]: event }],
  ["no description", { happened: { properties: {} } }],
  ["no properties", { happened: { description: "x" } }],
  ["a bare schema", { happened: { ...event, properties: { id: z.string() } } }],
  ["no schema", { happened: { ...event, properties: { id: { schema: {}, privacy: "keep" } } } }],
  [
    "no such privacy class",
    { happened: { ...event, properties: { id: { ...keep(z.string()), privacy: "k" } } } },
  ],
  ["no property at all", { happened: { ...event, properties: { id: null } } }],
  ["no such retention class", { happened: { ...event, retention: "forever" } }],
  ["activity that is no boolean", { happened: { ...event, countsAsActivity: "yes" } }],
  ["no definition", { happened: null }],
])("defineCatalogue refuses %s", (_, catalogue) => {
  expect(() => defineCatalogue(catalogue as Catalogue)).toThrow(
    expect.objectContaining({ name: "AnalyticsError", code: "INVALID_CATALOGUE" }),
  );
});

test("defineCatalogue answers what it was given", () => {
  const catalogue = { happened: { ...event, properties: { email: hash(z.email()) } } };
  expect(defineCatalogue(catalogue)).toBe(catalogue);
});
