import { expect, test } from "vitest";
import { statementsOf } from "../../src/statements.ts";

test("a statement takes a thousand rows", () => {
  const rows = Array.from({ length: 2001 }, (_, i) => `{"n":${i}}`);
  const statements = statementsOf(rows);
  expect(statements.map((statement) => statement.length)).toEqual([1000, 1000, 1]);
  expect(statements.flat()).toEqual(rows);
});

test("a statement takes four million characters", () => {
  const rows = Array.from({ length: 100 }, () => "x".repeat(90_000));
  expect(statementsOf(rows).map((statement) => statement.length)).toEqual([44, 44, 12]);
});

test("a row above the limit is a statement of its own; no rows are no statement", () => {
  expect(statementsOf(["x".repeat(5_000_000), "y"]).map((statement) => statement.length)).toEqual([1, 1]);
  expect(statementsOf([])).toEqual([]);
});
