import fc from "fast-check";
import { expect, test } from "vitest";
import { compare } from "../../../src/reconcile/compare.ts";
import { holdingsOf } from "../../../src/reconcile/holdings.ts";

const id = fc
  .integer({ min: 0, max: 40 })
  .map((n) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const ids = fc.uniqueArray(id, { maxLength: 30 });

test("two sorted lists, in pages of any size and with doubles, are compared as sets", async () => {
  const pages = fc.record({
    ours: ids,
    theirs: ids,
    size: fc.integer({ min: 1, max: 7 }),
    twice: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(pages, async ({ ours, theirs, size, twice }) => {
      const [mine, held] = [[...ours].sort(), [...theirs].sort()];
      const reader = {
        listIds: async ({ after = "" }: { after: string | undefined }) => {
          const page = held.filter((one) => one > after).slice(0, size);
          return twice ? page.flatMap((one) => [one, one.toUpperCase()]) : page;
        },
      };
      async function* ledger() {
        for (const one of mine) yield { id: one };
      }
      const range = { from: new Date(0), to: new Date(1) };
      const signal = new AbortController().signal;
      const found: [string, boolean, boolean][] = [];
      for await (const pair of compare(ledger(), holdingsOf(reader, range, signal))) {
        expect(pair.ours?.id ?? pair.id).toBe(pair.id);
        found.push([pair.id, pair.ours !== undefined, pair.theirs]);
      }
      const all = [...new Set([...mine, ...held])].sort();
      expect(found).toEqual(all.map((one) => [one, mine.includes(one), held.includes(one)]));
    }),
  );
});
