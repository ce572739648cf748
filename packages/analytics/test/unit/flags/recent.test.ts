import { expect, test } from "vitest";
import { createRecentSet } from "../../../src/flags/recent.ts";

test("a set forgets what was longest not asked for", () => {
  const recent = createRecentSet(2);
  recent.add("a");
  recent.add("b");
  expect(recent.has("a")).toBe(true);
  recent.add("c");
  expect([recent.has("b"), recent.has("a"), recent.has("c")]).toEqual([false, true, true]);
  recent.add("a");
  recent.add("d");
  expect([recent.has("c"), recent.has("a"), recent.has("d")]).toEqual([false, true, true]);
});
