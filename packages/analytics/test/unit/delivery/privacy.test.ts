import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import { checkFor } from "../../../src/check-option.ts";
import { createPrivacy, publicContext } from "../../../src/delivery/privacy.ts";
import { defineCatalogue, drop, hash, keep } from "../../../src/index.ts";

const check = checkFor("createDeliveryWorker");
const hashKey = "a key of sixteen characters";
const catalogue = defineCatalogue({
  borrowed: {
    description: "d",
    properties: {
      book: keep(z.string()),
      email: hash(z.unknown()),
      note: drop(z.string().optional()),
    },
  },
});
const privacy = createPrivacy(catalogue, hashKey, check);
const digest = (text: string) => createHmac("sha256", hashKey).update(text).digest("hex");

test("keeps, hashes and drops by the catalogue; what it does not declare stays", () => {
  const properties = { book: "b", email: "a@b.c", note: "secret", undeclared: "u", ["__proto__"]: "p" };
  expect(privacy("borrowed", properties)).toEqual({ book: "b", email: digest("a@b.c") });
  expect(privacy("borrowed", {})).toEqual({});
});

test("an event that is not in the catalogue does not leave, nor do names of objects' own", () => {
  expect(privacy("returned", { book: "b" })).toBeUndefined();
  expect(privacy("toString", {})).toBeUndefined();
});

test("equal values have equal digests under one key, and others under another", () => {
  const other = createPrivacy(catalogue, "another key of the same kind", check);
  const value = (by: typeof privacy, email: unknown) => by("borrowed", { email })?.email;
  expect(value(privacy, "x")).toBe(value(privacy, "x"));
  expect(value(other, "x")).not.toBe(value(privacy, "x"));
  expect(value(privacy, { a: [1] })).toBe(digest('{"a":[1]}'));
  expect(value(privacy, 7)).toBe(digest("7"));
  expect(value(privacy, null)).toBeNull();
});

test("a catalogue that hashes needs a key, one that does not needs none, and a short one is refused", () => {
  const plain = defineCatalogue({ a: { description: "d", properties: {} } });
  const refused = expect.objectContaining({
    code: "INVALID_OPTION",
    message: expect.stringContaining("hashKey"),
  });
  expect(() => createPrivacy(catalogue, undefined, check)).toThrow(refused);
  expect(() => createPrivacy(catalogue, "short", check)).toThrow(refused);
  expect(() => createPrivacy(plain, "", check)).toThrow(refused);
  expect(() => createPrivacy(plain, undefined, check)).not.toThrow();
});

test("the list of invalid places stays", () => {
  expect(publicContext({ $lib: "l", $invalid: ["properties.alice@example.com"] })).toEqual({ $lib: "l" });
});
