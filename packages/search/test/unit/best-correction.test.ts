import { expect, test } from "vitest";
import { bestCorrection } from "../../src/best-correction.ts";
import { editDistance } from "../../src/edit-distance.ts";

const candidates = (words: Record<string, number>) =>
  Object.entries(words).map(([word, documents]) => ({ typed: "", word, documents }));
const best = (typed: string, words: Record<string, number>) => bestCorrection(typed, candidates(words))?.word;

test("slips cost less than arbitrary letters", () => {
  expect(editDistance("boat", "boat")).toBe(0);
  expect(editDistance("baot", "boat")).toBeCloseTo(0.6);
  expect(editDistance("boaat", "boat")).toBeCloseTo(0.55);
  expect(editDistance("bort", "boat")).toBe(1);
  expect(editDistance("goat", "boat")).toBe(1.5);
  expect(editDistance("", "ab")).toBeCloseTo(0.8 + 0.5 + 1);
  expect(editDistance("boat", "elephants", 2)).toBe(Number.POSITIVE_INFINITY);
});

test("the distance is the same both ways", () => {
  for (const [a, b] of [
    ["recieve", "receive"],
    ["acomodate", "accommodate"],
    ["x", "abc"],
  ] as const)
    expect(editDistance(a, b)).toBeCloseTo(editDistance(b, a));
});

test("a word that is known needs no correction", () => {
  expect(best("boat", { boat: 1, boats: 1_000 })).toBeUndefined();
});

test("accents alone win over anything more frequent", () => {
  expect(best("evenement", { événement: 1, avènement: 1e12, evenements: 1e12 })).toBe("événement");
  expect(best("coeur", { cœur: 1, coureur: 100 })).toBe("cœur");
});

test("the nearer word wins; among equally near ones the more frequent", () => {
  expect(best("recieve", { receive: 5, relieve: 50 })).toBe("receive");
  expect(best("bort", { boat: 2, bolt: 40 })).toBe("bolt");
});

test("nothing is suggested where nothing is near", () => {
  expect(best("zebra", { apple: 1_000, orchard: 3 })).toBeUndefined();
  expect(best("cat", { elephant: 1_000 })).toBeUndefined();
});
