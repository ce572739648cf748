import { readFileSync } from "node:fs";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { z } from "zod";
import { cataloguePages } from "../../../scripts/catalogue-docs.ts";
import {
  type Catalogue,
  devoraCatalogue,
  drop,
  hash,
  keep,
  type TrackingPlan,
  trackingPlan,
} from "../../../src/index.ts";
import { recordingAnalytics } from "../../../src/testing.ts";

const ajv = () => addFormats.default(new Ajv2020({ strict: true, allowUnionTypes: true }));
const event = { description: "Something happened.", properties: {} };
/** A schema of a library that describes nothing. */
const bare = (validate: StandardSchemaV1.Props["validate"], more: object = {}): StandardSchemaV1 => ({
  "~standard": { version: 1, vendor: "own", validate, ...more },
});
const described = (jsonSchema: unknown) =>
  bare((value) => ({ value }), { jsonSchema: { input: () => jsonSchema, output: () => jsonSchema } });

/** What each property is tried with; undefined leaves it out. */
const candidates = [
  undefined,
  null,
  true,
  ...[-1.5, -1, 0, 1, 200, 600, 1.5],
  ...["", "a", "EUR", "a".repeat(201), "a".repeat(10_001)],
  ...[[], ["a"], [""], Array(101).fill("a"), {}, { a: "a" }],
];

test("a validator with the plan takes and refuses what the catalogue takes and refuses", async () => {
  const analytics = recordingAnalytics<Catalogue>({ catalogue: devoraCatalogue, mode: "drop" });
  // A group is told of with its key, which is no property.
  const groups = { company: "acme" };
  const takes = async (name: string, properties: Record<string, unknown>) =>
    (await analytics.capture({ event: name, userId: "u", groups, properties })).outcome === "accepted";

  const verdicts: { property: string; validator: boolean; catalogue: boolean }[] = [];
  for (const [name, { properties: schema }] of Object.entries(trackingPlan(devoraCatalogue).events)) {
    const validate = ajv().compile(schema);
    const properties: Readonly<Record<string, { schema: StandardSchemaV1 }>> = {
      ...(devoraCatalogue as Catalogue)[name]?.properties,
      undeclared: keep(z.never()),
    };
    const usual = Object.fromEntries(
      Object.entries(properties).map(([property, { schema }]) => [
        property,
        candidates.findLast((value) => z.safeParse(schema as z.ZodType, value).success),
      ]),
    );
    for (const property of Object.keys(properties)) {
      for (const value of candidates) {
        const tried = Object.fromEntries(
          Object.entries({ ...usual, [property]: value }).filter(([, given]) => given !== undefined),
        );
        const catalogue = await takes(name, tried);
        const validator = validate(JSON.parse(JSON.stringify(tried)));
        verdicts.push({ property: `${name}.${property}`, validator, catalogue });
      }
    }
  }

  expect(verdicts.filter(({ validator, catalogue }) => validator !== catalogue)).toEqual([]);
  const declared = Object.values<Catalogue[string]>(devoraCatalogue).flatMap((e) =>
    Object.keys(e.properties),
  );
  const taken = new Set(verdicts.filter(({ catalogue }) => catalogue).map(({ property }) => property));
  const refused = new Set(verdicts.filter(({ catalogue }) => !catalogue).map(({ property }) => property));
  // Undeclared properties were refused as well; a property that takes anything, or nothing that was tried, is rare.
  expect(refused.size).toBeGreaterThan(declared.length);
  expect(taken.size).toBeGreaterThan(0.9 * declared.length);
});

test("the plan says of each event what the catalogue says, in alphabetical order", () => {
  const plan = trackingPlan({
    shop_opened: event,
    book_borrowed: {
      description: "A reader took a book home.",
      countsAsActivity: true,
      retention: "long",
      properties: {
        book_id: keep(z.string()),
        reader: hash(z.email().nullish()),
        note: drop(z.string().default("none")),
      },
    },
  });
  expect(plan.version).toBe(1);
  expect(Object.keys(plan.events).filter((name) => !name.startsWith("$"))).toEqual([
    "book_borrowed",
    "shop_opened",
  ]);
  expect(plan.events.book_borrowed).toMatchObject({
    description: "A reader took a book home.",
    countsAsActivity: true,
    retention: "long",
    privacy: { book_id: "keep", reader: "hash", note: "drop" },
    properties: {
      properties: {
        book_id: { type: "string" },
        reader: { anyOf: [{ type: "string", format: "email" }, { type: "null" }] },
        note: { type: "string", default: "none" },
      },
      required: ["book_id"],
    },
  });
  expect(plan.events.shop_opened).toEqual({
    description: "Something happened.",
    countsAsActivity: false,
    retention: "standard",
    privacy: {},
    properties: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {},
      required: [],
      additionalProperties: false,
    },
  });
});

test("an own catalogue's plan has the events that the package captures itself", () => {
  expect(trackingPlan({ shop_opened: event }).events).toHaveProperty("$feature_flag_called");
});

test("what its library cannot describe takes anything, and says so", () => {
  const plan = trackingPlan({
    happened: {
      description: "x",
      properties: {
        undescribed: keep(bare((value) => ({ value }))),
        date: keep(z.date()),
        transformed: keep(z.string().transform(Number)),
        asynchronous: keep(bare(async () => Promise.reject(new Error("later")))),
        throwing: keep(
          bare(() => {
            throw new Error("now");
          }),
        ),
        nothing: keep(described(null)),
        list: keep(described([])),
        circular: keep(described(Object.assign({}, { self: {} }, circular()))),
      },
    },
  });
  const { properties, required } = plan.events.happened?.properties ?? {};
  const comment = { $comment: expect.stringContaining("Not described") };
  expect(properties).toEqual({
    undescribed: comment,
    date: comment,
    transformed: { type: "string" },
    asynchronous: comment,
    throwing: comment,
    nothing: comment,
    list: comment,
    circular: comment,
  });
  // A schema that throws refuses; one that answers later cannot be asked.
  expect(required).toEqual(["date", "transformed", "throwing"]);
  const validate = ajv().compile(plan.events.happened?.properties ?? {});
  expect(validate({ date: { any: "thing" }, transformed: "1", throwing: 1 })).toBe(true);
  expect(validate({ date: 1, transformed: 1, throwing: 1 })).toBe(false);
});

function circular(): object {
  const schema: Record<string, unknown> = {};
  schema.self = schema;
  return schema;
}

test("schemas that refer to themselves keep their references, in one validator for all events", () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  const plan = trackingPlan({
    grown: { description: "x", properties: { found: keep(tree) } },
    "found at 100 % \u{1f332}": { description: "x", properties: { found: keep(z.json()) } },
  });
  const validator = ajv();
  const [json, grown] = Object.entries(plan.events)
    .filter(([name]) => !name.startsWith("$"))
    .map(([, { properties }]) => validator.compile(properties));
  const leaf = { name: "leaf", children: [] };
  expect(grown?.({ found: { name: "root", children: [leaf] } })).toBe(true);
  expect(grown?.({ found: { name: "root", children: [{ name: 1, children: [] }] } })).toBe(false);
  expect(json?.({ found: [{ a: [1] }] })).toBe(true);
  const ids = Object.values(plan.events).flatMap(({ properties }) =>
    Object.values(properties.properties).flatMap(({ $id }) => ($id === undefined ? [] : [$id])),
  );
  expect(ids.length).toBeGreaterThanOrEqual(2);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a plan is plain JSON, whatever the names", () => {
  const strange = Object.fromEntries([["__proto__", keep(described({ type: "string", extra: () => 1 }))]]);
  const plan = trackingPlan(
    Object.fromEntries([
      ["__proto__", { description: "x", properties: { ...strange, "\ud800": keep(z.json()) } }],
    ]),
  );
  const read = JSON.parse(JSON.stringify(plan)) as TrackingPlan;
  expect(read).toEqual(plan);
  const planned = Object.entries(read.events).find(([name]) => name === "__proto__")?.[1];
  expect(Object.keys(planned?.properties.properties ?? {})).toContain("__proto__");
});

test("a catalogue that is none is refused", () => {
  expect(() => trackingPlan({ happened: {} } as unknown as Catalogue)).toThrow(
    expect.objectContaining({ code: "INVALID_CATALOGUE" }),
  );
});

test.each(cataloguePages())("$path is made of the catalogue as it is", ({ path, text }) => {
  const stale = "it is not what the catalogue says: run `pnpm generate`, and look at what changed";
  expect(readFileSync(path, "utf8") === text, stale).toBe(true);
});
