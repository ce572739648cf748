import fc from "fast-check";
import { expect, test } from "vitest";
import { createCitationScanner, type ScannedPart } from "../../src/citation-scanner.ts";

/** Joins texts side by side, so that only what is said counts, not how it is split. */
function scanned(pieces: readonly string[], count = 3): ScannedPart[] {
  const scanner = createCitationScanner(count);
  const parts: ScannedPart[] = [];
  for (const part of [...pieces.flatMap((piece) => scanner.push(piece)), ...scanner.end()]) {
    const last = parts.at(-1);
    if (part.type === "text" && last?.type === "text")
      parts[parts.length - 1] = { type: "text", text: last.text + part.text };
    else parts.push(part);
  }
  return parts;
}
const text = (value: string): ScannedPart => ({ type: "text", text: value });
const citation = (n: number): ScannedPart => ({ type: "citation", n });
const unknown = (n: number): ScannedPart => ({ type: "unknown-citation", n });

test("a marker is followed by its citation", () => {
  expect(scanned(["It is blue [1]. It is old[2]."])).toEqual([
    text("It is blue [1]"),
    citation(1),
    text(". It is old[2]"),
    citation(2),
    text("."),
  ]);
});

test("several numbers in one marker, and markers side by side", () => {
  expect(scanned(["So [1, 3][2]"])).toEqual([
    text("So [1, 3]"),
    citation(1),
    citation(3),
    text("[2]"),
    citation(2),
  ]);
});

test("a number without a passage is taken out with its blank, and flagged", () => {
  expect(scanned(["Yes [7]. No [0] [1, 9]."])).toEqual([
    text("Yes"),
    unknown(7),
    text(". No"),
    unknown(0),
    text(" [1]"),
    citation(1),
    unknown(9),
    text("."),
  ]);
});

test("what follows a word and names no passage may be an index: it stays, flagged", () => {
  expect(scanned(["Read items[12] and f(x)[0]."])).toEqual([
    text("Read items[12]"),
    unknown(12),
    text(" and f(x)[0]"),
    unknown(0),
    text("."),
  ]);
});

test.each([
  "Use `rows[1]` and ``a ` [2]``.",
  "```ts\nconst x = rows[1];\n```\n",
  "~~~~\n```\nx[9]\n~~~~\n",
  "A fence that never ends:\n```\nx [1]\ny [7]",
])("code passes untouched: %j", (value) => {
  expect(scanned([value])).toEqual([text(value)]);
});

test("after code, citations count again", () => {
  expect(scanned(["```\nx[1]\n```\nSee `y[2]` [3]"])).toEqual([
    text("```\nx[1]\n```\nSee `y[2]` [3]"),
    citation(3),
  ]);
});

test.each(["[x] [1a] [^1] [] [12345] [1;2] [ 1]", "- [ ] to do", "a [1", "blank at the end "])(
  "no marker: %j",
  (value) => expect(scanned([value])).toEqual([text(value)]),
);

test("only what may become a marker is held back", () => {
  const scanner = createCitationScanner(2);
  expect(scanner.push("Blue [")).toEqual([text("Blue")]);
  expect(scanner.push("2")).toEqual([]);
  expect(scanner.push("]")).toEqual([text(" [2]"), citation(2)]);
  expect(scanner.push(" [not")).toEqual([text(" [not")]);
  expect(scanner.end()).toEqual([]);
});

test("pieces of any size give the same parts, and known citations leave the text as it was", () => {
  const token = fc.constantFrom(
    "[1]",
    " [2]",
    "[9]",
    "[1, 2]",
    "[1,8]",
    "[",
    "]",
    "word",
    " ",
    "  ",
    "\n",
    "`",
    "```",
    "```\n",
    "12",
    ", ",
    "x[0]",
    "(",
    "é😀",
  );
  const pieces = fc.tuple(
    fc.array(token, { maxLength: 25 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }),
  );
  fc.assert(
    fc.property(pieces, ([tokens, sizes]) => {
      const answer = tokens.join("");
      const split: string[] = [];
      let rest = answer;
      for (const size of sizes) {
        split.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      split.push(rest);
      const whole = scanned([answer]);
      expect(scanned(split)).toEqual(whole);
      if (!whole.some((part) => part.type === "unknown-citation"))
        expect(whole.map((part) => (part.type === "text" ? part.text : "")).join("")).toBe(answer);
    }),
    { numRuns: 2000 },
  );
});
