import { expect, test } from "vitest";
import { createTokenBudget } from "../../src/token-budget.ts";

const day = 86_400_000;

test("what is reserved is taken, what was not used is given back", () => {
  const budget = createTokenBudget(100, () => 0);
  expect(budget.reserve(60)).toBe(true);
  expect(budget.reserve(60)).toBe(false);
  expect(budget.reserve(40)).toBe(true);
  expect(budget.exhaustedMs()).toBe(day);
  budget.settle(100, 70);
  expect(budget.exhaustedMs()).toBe(0);
  expect(budget.reserve(31)).toBe(false);
  expect(budget.reserve(30)).toBe(true);
});

test("a day after it was first drawn on all of it is there again", () => {
  let now = 1_000;
  const budget = createTokenBudget(100, () => now);
  expect(budget.reserve(100)).toBe(true);
  now += day - 1;
  expect(budget.renewedMs()).toBe(1);
  expect(budget.reserve(1)).toBe(false);
  now += 1;
  expect(budget.exhaustedMs()).toBe(0);
  expect(budget.reserve(100)).toBe(true);
  expect(budget.renewedMs()).toBe(day);
});

test("one text larger than all of it may have all of it, when nothing else was spent", () => {
  const budget = createTokenBudget(100, () => 0);
  expect(budget.reserve(1_000)).toBe(true);
  expect(budget.reserve(1)).toBe(false);
});
