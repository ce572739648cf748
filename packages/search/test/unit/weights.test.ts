import { expect, test } from "vitest";
import { type Frequencies, frequenciesOf } from "../../src/queries/frequencies.ts";
import type { Term } from "../../src/terms.ts";
import { candidateTerms, estimatedTotal, weightTerms } from "../../src/weights.ts";
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

const frequencies = (rows: number, terms: number[]): Frequencies => ({ rows, terms });
const counted = (rows: number, terms: number[]) => [
  { ordinal: null, count: rows },
  ...terms.map((count, ordinal) => ({ ordinal, count })),
];

test("weights are inverse document frequencies that sum to 1", () => {
  const weighted = weightTerms([rare, common], frequencies(100, [1, 60]));
  const idf = [Math.log(1 + 99.5 / 1.5), Math.log(1 + 40.5 / 60.5)];
  const sum = (idf[0] ?? 0) + (idf[1] ?? 0);
  expect(weighted.map(({ weight }) => weight)).toEqual(idf.map((value) => value / sum));
});

test("a frequent word still counts where the rows were too many to be counted", () => {
  // Of 20,000 rows, halfway between 2,001 and all.
  expect(frequenciesOf(counted(5_000, [90, 2_001]), undefined, 2)).toEqual(
    frequencies(20_000, [90, 11_000.5]),
  );
});

test("what was counted in several sources adds up, and statistics tell of what was not", () => {
  const statistics = { rows: 40_000, shares: [0.1, 0.2, 0, undefined] };
  const rows = [
    { ordinal: 1, count: 2_001 },
    { ordinal: 2, count: 30 },
    { ordinal: 2, count: 4 },
    { ordinal: 3, count: 0 },
  ];
  expect(frequenciesOf(rows, statistics, 4)).toEqual(frequencies(40_000, [4_000, 8_000, 34, 0]));
});

test("weights stay finite where all rows or none have a word", () => {
  const weighted = weightTerms(
    [rare, common, absent],
    frequenciesOf(counted(10, [500, 400, 0]), undefined, 3),
  );
  for (const { weight } of weighted) expect(weight).toBeGreaterThan(0);
  expect(weighted.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
});

test("the rarest words choose the candidates, within the limit, at least one", () => {
  const terms = [common, rare, term("middle"), absent, term("a phrase", true)];
  const found = frequencies(5_000, [2_000, 10, 900, 0, 5]);
  const texts = (limit: number) => candidateTerms(terms, found, limit).map(({ text }) => text);
  expect(texts(1_000)).toEqual(["rare", "middle"]);
  expect(texts(50)).toEqual(["rare"]);
  expect(texts(1)).toEqual(["rare"]);
  const few = candidateTerms(terms, { ...found, rows: 1_000 }, 1_000);
  expect(few.map(({ text }) => text)).toEqual(["rare", "middle", "common"]);
});

test("totals are estimated as if words were spread by chance", () => {
  const found = frequencies(1_000, [500, 100]);
  expect(estimatedTotal(found, "all")).toBe(50);
  expect(estimatedTotal(found, "any")).toBe(550);
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
