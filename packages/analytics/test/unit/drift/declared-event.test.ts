import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, test } from "vitest";
import { z } from "zod";
import { declaredProperties } from "../../../src/drift/declared-event.ts";
import { keep } from "../../../src/index.ts";

const bare: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) },
};

test.each<[string, StandardSchemaV1, boolean, string[] | undefined]>([
  ["text", z.string(), true, ["string"]],
  ["a whole number", z.int(), true, ["number"]],
  ["what may be null", z.number().nullable(), true, ["null", "number"]],
  ["what may be left out", z.boolean().optional(), false, ["boolean"]],
  ["a default", z.string().default("a"), false, ["string"]],
  ["a union", z.union([z.boolean(), z.array(z.string())]), true, ["array", "boolean"]],
  ["literals", z.union([z.literal(-1), z.literal("a")]), true, ["number", "string"]],
  ["values", z.enum(["a", "b"]), true, ["string"]],
  ["values with null", z.literal(["a", null]), true, ["null", "string"]],
  ["an object", z.record(z.string(), z.json()), true, ["object"]],
  // What is stored is what counts: not what callers give.
  ["text that becomes a number", z.string().transform(Number).pipe(z.number()), true, ["number"]],
  ["text that becomes anything", z.string().transform(Number), true, undefined],
  ["a date", z.date(), true, undefined],
  ["anything", z.unknown(), false, undefined],
  ["a union with anything", z.union([z.string(), z.unknown()]), false, undefined],
  ["any JSON", z.json(), true, ["array", "boolean", "null", "number", "object", "string"]],
  ["a schema that describes nothing", bare, false, undefined],
])("%s", (_, schema, required, types) => {
  const declared = declaredProperties({ description: "x", properties: { property: keep(schema) } });
  const found = declared.get("property");
  expect(found?.required).toBe(required);
  expect(found?.types && [...found.types].toSorted()).toEqual(types);
});
