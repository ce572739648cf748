import { describe, expect, test } from "vitest";
import { identifierHits, identifierParts, identifierQuery } from "../../src/identifiers.ts";

describe("identifierParts", () => {
  test.each([
    ["getUserById", ["get", "user", "by", "id"]],
    ["XMLHttpRequest", ["xml", "http", "request"]],
    ["user_by-id.v2/File", ["user", "by", "id", "v2", "file"]],
    ["base64Encode", ["base64", "encode"]],
    ["élèveÂgé", ["élève", "âgé"]],
    ["$_--", []],
  ])("%s", (text, parts) => {
    expect(identifierParts(text).map((part) => part.text)).toEqual(parts);
  });

  test("tells where each part stands", () => {
    expect(identifierParts("  getUser")).toEqual([
      { text: "get", start: 2, end: 5 },
      { text: "user", start: 5, end: 9 },
    ]);
  });
});

describe("identifierQuery", () => {
  test.each([
    ["user", "'user'"],
    ["getUser", "'getuser' | ('get' & 'user')"],
    ["user_by_id", "'user_by_id' | ('user' & 'by' & 'id')"],
    ["foo(bar)", "'foo' & 'bar'"],
    ["it's", "'it' & 's'"],
    ["a\\'b", "'a' & 'b'"],
    ["?!", null],
  ])("%s -> %s", (word, query) => {
    expect(identifierQuery(word)).toBe(query);
  });
});

describe("identifierHits", () => {
  const hits = (text: string, words: string[]) =>
    identifierHits(text, words).map(({ start, end }) => text.slice(start, end));

  test("a word's parts must follow each other", () => {
    expect(hits("getUserById(); setUser(); byUser", ["user_by_id"])).toEqual(["UserById"]);
    expect(hits("getUserById", ["user", "ID"])).toEqual(["User", "Id"]);
    expect(hits("username", ["user"])).toEqual([]);
  });
});
