import { describe, expect, test } from "vitest";
import { identifierHits, identifierParts, identifierQuery } from "../../src/identifiers.ts";
import type { QueryText } from "../../src/parse-query.ts";

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

  test.each([
    ["us", "'us':*"],
    ["getUs", "'getus':* | ('get' & 'us':*)"],
  ])("the start %s -> %s", (word, query) => {
    expect(identifierQuery(word, true)).toBe(query);
  });
});

describe("identifierHits", () => {
  const textOf = (word: string): QueryText =>
    word.endsWith("*") ? { text: word.slice(0, -1), kind: "prefix" } : { text: word, kind: "word" };
  const hits = (text: string, words: string[]) =>
    identifierHits(text, words.map(textOf)).map(({ start, end }) => text.slice(start, end));

  test("a word's parts must follow each other", () => {
    expect(hits("getUserById(); setUser(); byUser", ["user_by_id"])).toEqual(["UserById"]);
    expect(hits("getUserById", ["user", "ID"])).toEqual(["User", "Id"]);
    expect(hits("username", ["user"])).toEqual([]);
  });

  test("of a start, the letters that were typed", () => {
    expect(hits("getUserById(); username", ["us*"])).toEqual(["Us", "us"]);
    expect(hits("getUserById", ["user_b*"])).toEqual(["UserB"]);
    expect(hits("getUserById", ["user_c*"])).toEqual([]);
  });
});
