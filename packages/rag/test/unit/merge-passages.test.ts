import fc from "fast-check";
import { expect, test } from "vitest";
import { fusedHit } from "../../src/fusion.ts";
import { mergePassages, type RankedPassage } from "../../src/merge-passages.ts";
import { passage } from "../support/fakes.ts";

const document = "The quick brown fox jumps over the lazy dog. ".repeat(400);

function ranked(id: string, start: number, end: number, ranks: Record<string, number>): RankedPassage {
  const legs = Object.fromEntries(
    Object.entries(ranks).map(([name, rank]) => [
      name,
      { rank, score: 1 / rank, contribution: 1 / (60 + rank) },
    ]),
  );
  const text = document.slice(start, end);
  return { ...fusedHit(id, legs), passage: passage({ id, entityId: "doc", start, text }), passageIds: [id] };
}

test("overlapping and adjoining passages of one row become one, each retriever counting once", () => {
  const [merged, ...others] = mergePassages([
    ranked("a", 0, 100, { keyword: 1 }),
    ranked("b", 80, 200, { keyword: 5, semantic: 2 }),
    ranked("c", 200, 260, { semantic: 9 }),
  ]);
  expect(others).toEqual([]);
  expect(merged?.passage).toMatchObject({ start: 0, end: 260, text: document.slice(0, 260) });
  expect(merged?.legs).toMatchObject({ keyword: { rank: 1 }, semantic: { rank: 2 } });
  expect(merged?.score).toBeCloseTo(1 / 61 + 1 / 62, 12);
  expect(merged?.passageIds).toEqual(["b", "a", "c"]);
});

test("other rows, gaps, wrong offsets and texts that disagree stay apart", () => {
  const base = ranked("a", 0, 100, { keyword: 1 });
  const near = ranked("b", 50, 150, { keyword: 2 });
  const variants: RankedPassage[] = [
    { ...near, passage: { ...near.passage, entityId: "other" } },
    { ...near, passage: { ...near.passage, source: "messages" } },
    { ...near, passage: { ...near.passage, end: near.passage.end + 7 } },
    { ...near, passage: { ...near.passage, text: near.passage.text.toUpperCase() } },
    ranked("b", 105, 150, { keyword: 2 }),
  ];
  for (const variant of variants) expect(mergePassages([base, variant])).toEqual([base, variant]);
});

test("blanks that a chunker left out between two passages become line ends, and offsets stay true", () => {
  const [merged] = mergePassages([
    ranked("a", 0, 100, { keyword: 1 }),
    ranked("b", 102, 150, { keyword: 2 }),
  ]);
  expect(merged?.passage).toMatchObject({
    start: 0,
    end: 150,
    text: `${document.slice(0, 100)}\n\n${document.slice(102, 150)}`,
  });
});

test("passages do not grow without bound: of two too long to join the earlier ends where the later begins", () => {
  const [first, second] = mergePassages([
    ranked("a", 0, 3000, { keyword: 1 }),
    ranked("b", 2900, 6000, { keyword: 2 }),
  ]);
  expect(first?.passage).toMatchObject({ start: 0, end: 2900, text: document.slice(0, 2900) });
  expect(second?.passage).toMatchObject({ start: 2900, end: 6000, text: document.slice(2900, 6000) });
});

test("what lies within a passage is absorbed, however long that is", () => {
  const [merged, ...others] = mergePassages([
    ranked("a", 0, 6000, { keyword: 4 }),
    ranked("b", 1000, 2000, { semantic: 1 }),
  ]);
  expect(others).toEqual([]);
  expect(merged?.passage).toMatchObject({ start: 0, end: 6000, text: document.slice(0, 6000) });
  expect(Object.keys(merged?.legs ?? {})).toEqual(["keyword", "semantic"]);
});

test("two that adjoin over a gap and are too long to join stay as they are", () => {
  const apart = [ranked("a", 0, 3000, { keyword: 1 }), ranked("b", 3002, 6000, { keyword: 2 })];
  expect(mergePassages(apart)).toEqual(apart);
});

test("whatever is merged: nothing twice, nothing lost, every text where its offsets say", () => {
  const window = fc.tuple(
    fc.oneof(fc.nat(9000), fc.nat(40)),
    fc.oneof(fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 1, max: 20 })),
    fc.integer({ min: 1, max: 30 }),
    fc.constantFrom("keyword", "semantic"),
  );
  fc.assert(
    fc.property(fc.array(window, { minLength: 1, maxLength: 15 }), (windows) => {
      const items = windows.map(([start, length, rank, leg], index) =>
        ranked(`p${index}`, start, start + length, { [leg]: rank }),
      );
      const merged = mergePassages(items);
      const covered = (list: RankedPassage[]) => {
        const count = new Uint8Array(document.length);
        for (const { passage } of list)
          for (let i = passage.start; i < passage.end; i++) count[i] = (count[i] ?? 0) + 1;
        return count;
      };
      const before = covered(items);
      const after = covered(merged);
      expect(Math.max(...after)).toBe(1);
      expect(before.every((count, at) => count === 0 || after[at] === 1)).toBe(true);
      for (const { passage } of merged) {
        // Where no passage was, a short gap became line ends.
        const expected = [...document.slice(passage.start, passage.end)]
          .map((character, offset) => (before[passage.start + offset] ? character : "\n"))
          .join("");
        expect(passage.text).toBe(expected);
        expect(passage.end - passage.start).toBe(passage.text.length);
      }
      expect(merged.flatMap((item) => item.passageIds).toSorted()).toEqual(
        items.map((item) => item.id).toSorted(),
      );
      for (const leg of ["keyword", "semantic"]) {
        const best = (list: RankedPassage[]) => Math.min(...list.map((item) => item.legs[leg]?.rank ?? 99));
        expect(best(merged)).toBe(best(items));
      }
    }),
    { numRuns: 200 },
  );
});
