import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

const source = readFileSync(new URL("../../src/search.ts", import.meta.url), "utf8");

test("the example prints the highlighted book", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../../src/search.ts");
  expect(printed.mock.calls).toEqual([
    [
      "The Lighthouse Keeper: Storms, <mark>ships</mark> and a <mark>keeper</mark> who <mark>talks</mark> to gulls.",
    ],
  ]);
});

test("the root README shows this very file", () => {
  const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(source);
});
