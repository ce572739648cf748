import { expect, test } from "vitest";
import type { Counts } from "../../src/queries/counts.ts";
import type { Term } from "../../src/terms.ts";
import { candidateTerms, weightTerms } from "../../src/weights.ts";
import { wordPattern } from "../../src/word-pattern.ts";

const term = (text: string, phrase = false): Term => ({
  text,
  phrase,
  queries: { fr: text, en: text, simple: text },
  texts: [],
  grouped: false,
  identifiers: null,
});
const [rare, common, absent] = [term("rare"), term("common"), term("absent")];

const counts = (some: Partial<Counts>): Counts => ({
  ...{ rows: 0, any: 0, all: 0, moreThanAll: false, moreThanAny: false, terms: [] },
  ...some,
});

test("weights are inverse document frequencies that sum to 1", () => {
  const weighted = weightTerms([rare, common], counts({ rows: 100, any: 60, terms: [1, 60] }));
  const idf = [Math.log(1 + 99.5 / 1.5), Math.log(1 + 40.5 / 60.5)];
  const sum = (idf[0] ?? 0) + (idf[1] ?? 0);
  expect(weighted.map(({ weight }) => weight)).toEqual(idf.map((value) => value / sum));
});

test("a frequent word still counts where the rows were too many to be counted", () => {
  const weighted = weightTerms([rare, common], counts({ rows: 5_000, any: 2_001, terms: [90, 2_001] }));
  // Of 20,000 rows, halfway between 2,001 and all.
  const idf = [Math.log(1 + (20_000 - 89.5) / 90.5), Math.log(1 + 9_000 / 11_001)];
  expect(weighted[1]?.weight).toBeCloseTo((idf[1] ?? 0) / ((idf[0] ?? 0) + (idf[1] ?? 0)));
});

test("weights stay finite where more rows match than were counted, and where all or none have a word", () => {
  const weighted = weightTerms([rare, common, absent], counts({ rows: 10, any: 500, terms: [500, 400, 0] }));
  for (const { weight } of weighted) expect(weight).toBeGreaterThan(0);
  expect(weighted.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
});

test("the rarest words choose the candidates, within the limit, at least one", () => {
  const terms = [common, rare, term("middle"), absent, term("a phrase", true)];
  const found = counts({ rows: 5_000, any: 2_001, moreThanAny: true, terms: [2_000, 10, 900, 0, 5] });
  const texts = (limit: number) => candidateTerms(terms, found, limit).map(({ text }) => text);
  expect(texts(1_000)).toEqual(["rare", "middle"]);
  expect(texts(50)).toEqual(["rare"]);
  expect(texts(1)).toEqual(["rare"]);
  const few = candidateTerms(terms, { ...found, moreThanAny: false }, 1_000);
  expect(few.map(({ text }) => text)).toEqual(["rare", "middle", "common"]);
});

test.each([
  ["sécurité", "s[eèéêë][cç][uùúûü]"],
  ["id", "[iìíîï]d"],
  ["getUserById", "g[eèéêë]t[uùúûü]s[eèéêë]"],
  ["  (a|b)* ", "[aàáâãäå]"],
  ["?!", ""],
])("wordPattern finds the beginnings of %s: %s", (text, pattern) => {
  expect(wordPattern(text)).toBe(pattern);
});
