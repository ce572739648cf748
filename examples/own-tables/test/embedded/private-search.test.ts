import { expect, test, vi } from "vitest";

test("under row level security a misspelt word finds the reader's own note, and no other's is shown", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../src/private-search.ts");
  expect(printed.mock.calls.flat()).toEqual([
    "Showing results for lighthouse",
    "The <mark>Lighthouse</mark> Keeper",
    "word: lighthouse",
    "title: The Lighthouse Keeper",
  ]);
});
