import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxClauses, maxQueryLength, parseQuery } from "../../src/parse-query.ts";

const word = (text: string) => ({ text, phrase: false });

describe("parseQuery", () => {
  test.each([
    ["react hooks", ["react", "hooks"], [], []],
    ["  spaces \n and\ttabs ", ["spaces", "and", "tabs"], [], []],
    [`"state machine" react`, ["react"], ["state machine"], []],
    ["“citation exacte” « et celle-ci »", [], ["citation exacte", "et celle-ci"], []],
    ["react -redux", ["react"], [], [word("redux")]],
    [`react -"old docs"`, ["react"], [], [{ text: "old docs", phrase: true }]],
    ["--flag - -", ["--flag"], [], []],
    ["React react REACT", ["React"], [], []],
    ["l'application d’été", ["application", "été"], [], []],
    ["user's don't", ["user", "don"], [], []],
    ["c'a", ["c"], [], []],
    ["full-text src/app.ts C++", ["full-text", "src/app.ts", "C++"], [], []],
    [`lone " quote`, ["lone", "quote"], [], []],
    [`a"b c"d`, ["a", "d"], ["b c"], []],
    [`"" "  " "?!" ?! *`, [], [], []],
    ["", [], [], []],
  ])("reads %j", (query, words, phrases, excluded) => {
    expect(parseQuery(query)).toEqual({ words, phrases, excluded });
  });

  test("reads any string, and never more than its bounds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (query) => {
        const { words, phrases, excluded } = parseQuery(query);
        for (const text of [...words, ...phrases, ...excluded.map((one) => one.text)]) {
          expect(text).toMatch(/[\p{L}\p{N}]/u);
          expect(text).not.toMatch(/[\0\p{Cs}]/u);
          expect(text.length).toBeLessThanOrEqual(maxQueryLength);
        }
        for (const list of [words, phrases, excluded]) expect(list.length).toBeLessThanOrEqual(maxClauses);
      }),
    );
  });

  test("a long word is cut, not within a character", () => {
    const [cut] = parseQuery(`a${"😀".repeat(150)}`).words;
    expect(cut).toBe(`a${"😀".repeat(99)}`);
  });
});
