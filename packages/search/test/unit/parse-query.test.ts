import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  maxClauses,
  maxQueryLength,
  type ParsedQuery,
  parseQuery,
  type QueryText,
} from "../../src/parse-query.ts";

const textOf = ({ text, kind }: QueryText): string =>
  kind === "phrase" ? `"${text}"` : kind === "prefix" ? `${text}*` : text;
/** A reading as a query again: what is searched for, what is excluded, the conditions. */
const spell = ({ clauses, excluded, fields }: ParsedQuery): string =>
  [
    ...clauses.map((texts) => texts.map(textOf).join(" | ")),
    ...excluded.map((text) => `-${textOf(text)}`),
    ...fields.map(({ name, values, excluded }) => `${excluded ? "-" : ""}${name}:"${values.join(",")}"`),
  ].join(" ");
const isField = (name: string) => ["type", "status", "project_id"].includes(name);

describe("parseQuery", () => {
  test.each([
    ["react hooks", "react hooks"],
    ["  spaces \n and\ttabs ", "spaces and tabs"],
    [`react "state machine"`, `react "state machine"`],
    ["“citation exacte” « et celle-ci »", `"citation exacte" "et celle-ci"`],
    ["react -redux", "react -redux"],
    [`react -"old docs" -red*`, `react -"old docs" -red*`],
    ["--flag - -", "--flag"],
    ["React react REACT", "React"],
    ["full-text src/app.ts C++", "full-text src/app.ts C++"],
    [`lone " quote`, "lone quote"],
    [`a"b c"d`, `a "b c" d`],
    [`"" "  " "?!" ?! * :`, ""],
    ["", ""],
  ])("words, phrases and exclusions: %j", (query, reading) => {
    expect(spell(parseQuery(query))).toBe(reading);
  });

  test.each([
    ["l'application d’été", "application été"],
    ["qu'elle jusqu'ici lorsqu’il puisqu‘on", "qu elle ici il on"],
    ["aujourd'hui presqu'île", "aujourd hui presqu île"],
    ["user's don't rock'n'roll", "user don rock roll"],
    ["c'a", "c"],
    ["qu'", "qu"],
  ])("letters before and after an apostrophe: %j", (query, reading) => {
    expect(spell(parseQuery(query))).toBe(reading);
  });

  test.each([
    ["chat ou chien", "chat | chien"],
    ["chat OU chien", "chat | chien"],
    ["react or vue for a dashboard", "react | vue for a dashboard"],
    ["a OR b or c d", "a | b | c d"],
    [`"x y" | z`, `"x y" | z`],
    ["foo|bar || baz", "foo | bar | baz"],
    ["to be or not to be", "to be | not"],
    ["or blanc", "or blanc"],
    ["mine d'or", "mine or"],
    ["le prix de l'or", "le prix de or"],
    ["or", "or"],
    ["or or or", "or"],
    ["logic OR", "logic OR"],
    ["| a |", "a"],
    ["react or -vue", "react or -vue"],
    ["react or type:file", `react or type:"file"`],
    ["où ou quand", "où | quand"],
  ])("alternatives: %j", (query, reading) => {
    expect(spell(parseQuery(query, isField))).toBe(reading);
  });

  test.each([
    ["getUs*", "getUs*"],
    ["re** x*", "re* x*"],
    ["l'app*", "app*"],
    ["a*b", "a*b"],
    ["react* or vue*", "react* | vue*"],
  ])("starts of words: %j", (query, reading) => {
    expect(spell(parseQuery(query))).toBe(reading);
  });
  test("the start of a word has two letters at least", () => {
    expect(parseQuery("x* éa*").clauses).toEqual([
      [{ text: "x*", kind: "word" }],
      [{ text: "éa", kind: "prefix" }],
    ]);
  });

  test.each([
    ["type:file react", `react type:"file"`],
    ["-status:active,paused", `-status:"active,paused"`],
    [`status:"in progress" x`, `x status:"in progress"`],
    ["project_id:7", `project_id:"7"`],
    ["type: file", "type: file"],
    ["type:", "type:"],
    [
      "http://a.b/c?d=e C: C:\\x foo:bar 12:30 std::vector",
      "http://a.b/c?d=e C: C:\\x foo:bar 12:30 std::vector",
    ],
    [`foo:"bar baz"`, `foo "bar baz"`],
    ["--status:active", "--status:active"],
    ["x-status:active", "x-status:active"],
  ])("conditions where the name is known, else text: %j", (query, reading) => {
    expect(spell(parseQuery(query, isField))).toBe(reading);
  });
  test("a condition without a value has none", () => {
    expect(parseQuery(`type:, status:""`, isField).fields.map(({ values }) => values)).toEqual([[], []]);
  });

  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(
          "a",
          "bc",
          "or",
          "OU",
          "|",
          "-",
          '"',
          "*",
          ":",
          "type:",
          "status:x",
          "'",
          "’",
          " ",
          "(",
          "&",
          "!",
          "<->",
          "\\",
          "é",
        ),
        { maxLength: 40 },
      )
      .map((pieces) => pieces.join("")),
  );

  test("reads any string, and never more than its bounds", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anything, (query) => {
        const { clauses, excluded, fields } = parseQuery(query, isField);
        const texts = clauses.flat();
        for (const { text } of [...texts, ...excluded]) {
          expect(text).toMatch(/[\p{L}\p{N}]/u);
          expect(text).not.toMatch(/[\0\p{Cs}"]/u);
          expect(text.length).toBeLessThanOrEqual(maxQueryLength);
        }
        for (const { text, kind } of [...texts, ...excluded])
          if (kind !== "phrase") expect(text).not.toMatch(/\s/);
        for (const list of [texts, excluded, fields]) expect(list.length).toBeLessThanOrEqual(maxClauses);
        expect(clauses.every((clause) => clause.length > 0)).toBe(true);
        for (const { name, values } of fields) {
          expect(isField(name)).toBe(true);
          for (const value of values) expect(value).not.toMatch(/^\s*$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("reads its own reading as it did", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anything, (query) => {
        const once = parseQuery(query, isField);
        // A word that stands alone where it was part of a token may be an operator there; a value may hold a quote.
        fc.pre(
          ![...once.clauses.flat(), ...once.excluded].some(({ text }) =>
            /^(?:or|ou|-.*|.*:.*|.*\*)$/i.test(text),
          ),
        );
        // After a minus sign a word begins with a letter or digit; an elision may leave one that does not.
        fc.pre(once.excluded.every(({ text }) => /^[\p{L}\p{N}]/u.test(text)));
        fc.pre(spell(once).length <= maxQueryLength);
        const again = parseQuery(spell({ ...once, fields: [] }), isField);
        expect(again).toEqual({ ...once, fields: [] });
      }),
      { numRuns: 1_000 },
    );
  });

  test("a long word is cut, not within a character", () => {
    const [[cut] = []] = parseQuery(`a${"😀".repeat(150)}`).clauses;
    expect(cut?.text).toBe(`a${"😀".repeat(99)}`);
  });
});
