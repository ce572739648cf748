import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCitationScanner, type ScannedPart, type StrictCitations } from "../../src/citation-scanner.ts";
import { findQuote } from "../../src/find-quote.ts";

const passages = [
  "The sky over the harbour is blue today.",
  'Call `rows["a"]` and then\nx = ["b"]; or say "yes and no" to it.',
];

/** Joins texts side by side, so that only what is said counts, not how it is split. */
function scanned(pieces: readonly string[], mode: StrictCitations["mode"] = "flag"): ScannedPart[] {
  const scanner = createCitationScanner(passages.length, {
    mode,
    find: (n, quote) => findQuote(passages[n - 1] ?? "", quote),
  });
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
const textOf = (parts: readonly ScannedPart[]) =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");
const said = (parts: readonly ScannedPart[]) =>
  parts.flatMap((part) =>
    part.type === "text"
      ? []
      : [part.type === "unsupported-citation" ? `${part.n}:${part.reason}` : `${part.n}:${part.type}`],
  );

test("a citation that quotes its passage shows as [n]; its place is the quote's", () => {
  expect(scanned(['Blue [1 "harbour is blue today"].'])).toEqual([
    text("Blue [1]"),
    { type: "citation", n: 1, quote: "harbour is blue today", place: { start: 17, end: 38 } },
    text("."),
  ]);
});

test.each([
  '[1 "harbour is blue today"]',
  "[1 « harbour is blue today »]",
  "[1 “harbour is blue today”]",
  "[1 „harbour is blue today“]",
  "[1 'harbour is blue today']",
  "[1 ‘harbour is blue today’]",
  '[1: "harbour is blue today"]',
  '[1 "harbour\nis  blue today" ]',
  '[1 "harbour is blue today.”]',
])("forms that models write: %j", (marker) => {
  expect(scanned([`Blue ${marker} it is.`])).toMatchObject([
    { text: "Blue [1]" },
    { type: "citation", n: 1, place: { start: 17 } },
    { text: " it is." },
  ]);
});

test("several citations, in one marker and side by side", () => {
  const parts = scanned(['So [1 "sky over the harbour", 2 "and then"; 2][2 "say "yes and no" to it"]!']);
  expect(said(parts)).toEqual(["1:citation", "2:too-short", "2:no-quote", "2:citation"]);
  expect(textOf(parts)).toBe("So [1, 2, 2][2]!");
});

test("what a passage does not hold is told, and only with `remove` taken out", () => {
  const answer =
    'Red [1 "harbour is red today"], so [2 "harbour is blue today"]. Yes [1]. No [1 "is"]; [9 "sky over the harbour"].';
  const expected = ["1:not-found", "2:not-found", "1:no-quote", "1:too-short", "9:unknown-citation"];
  expect(said(scanned([answer]))).toEqual(expected);
  expect(textOf(scanned([answer]))).toBe("Red [1], so [2]. Yes [1]. No [1];.");
  expect(said(scanned([answer], "remove"))).toEqual(expected);
  expect(textOf(scanned([answer], "remove"))).toBe("Red, so. Yes. No;.");
  expect(scanned([answer])[1]).toEqual({
    type: "unsupported-citation",
    n: 1,
    quote: "harbour is red today",
    reason: "not-found",
  });
});

test("with `remove`, what is supported stays beside what is not", () => {
  const parts = scanned(['So [1 "sky over the harbour", 2 "sky over the harbour", 2].'], "remove");
  expect(textOf(parts)).toBe("So [1].");
  expect(said(parts)).toEqual(["1:citation", "2:not-found", "2:no-quote"]);
});

describe("code in quotes", () => {
  test.each([
    ['[2 "x = ["b"]; or say"]', "2:citation"],
    ['[2 "Call `rows["a"]` and then"]', "2:citation"],
    ['[2 "and then x = ["]', "2:citation"],
    ['[1 "a harbour [ is open"] and on', "1:not-found"],
  ])("%j", (marker, expected) => {
    const parts = scanned([`See ${marker}`]);
    expect(said(parts)).toEqual([expected]);
    expect(textOf(parts)).toMatch(/^See \[\d\]/);
  });

  test("markers in code are code", () => {
    const code = 'Use `a[1 "harbour is blue today"]` or\n```\nb[1 "harbour is blue today"]\n```\n';
    expect(scanned([code])).toEqual([text(code)]);
  });
});

describe("what never ends", () => {
  test("a quote without an end is text, and holds back a bounded length alone", () => {
    const scanner = createCitationScanner(1, { mode: "flag", find: () => "not-found" });
    expect(scanner.push('Blue [1 "harbour')).toEqual([text("Blue")]);
    expect(scanner.push("x".repeat(1000))).toEqual([]);
    const parts = scanner.push("x".repeat(1000));
    expect(textOf(parts)).toBe(` [1 "harbour${"x".repeat(2000)}`);
    expect(scanner.push(" more [1")).toEqual([text(" more")]);
  });

  test("a longer marker is text too, whichever way it comes", () => {
    const marker = `[1 "${"harbour ".repeat(300)}"]`;
    expect(scanned([`Blue ${marker} [1].`])).toEqual(scanned([...`Blue ${marker} [1].`]));
    expect(said(scanned([marker]))).toEqual([]);
  });

  test("an answer that is cut within a quote", () => {
    expect(scanned(['Blue [1 "harbour is bl'])).toEqual([text('Blue [1 "harbour is bl')]);
  });

  test.each([
    ["openings", '[1 "'.repeat(5000)],
    ["brackets within a quote", `[1 "${"[".repeat(700)}${'"] '.repeat(3000)}`],
    ["numbers", `[${"1, ".repeat(5000)}`],
  ])("many %s", (_name, hostile) => {
    expect(textOf(scanned(hostile.match(/.{1,7}/g) ?? [])).length).toBeGreaterThan(100);
  });
});

test("pieces of any size give the same parts", () => {
  const token = fc.constantFrom(
    '[1 "sky over the harbour"]',
    ' [2 « say "yes and no" to it »',
    '[1, 2 "x = ["b"]; or say"]',
    " [1]",
    "[9 'nothing']",
    "[",
    "]",
    '"',
    "« ",
    "1",
    ", ",
    ";",
    " ",
    "\n",
    "`",
    "```\n",
    "sky over the harbour",
    "x".repeat(740),
  );
  const pieces = fc.tuple(
    fc.array(token, { maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 }),
    fc.constantFrom("flag" as const, "remove" as const),
  );
  fc.assert(
    fc.property(pieces, ([tokens, sizes, mode]) => {
      const answer = tokens.join("");
      const split: string[] = [];
      let rest = answer;
      for (const size of sizes) {
        split.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      split.push(rest);
      expect(scanned(split, mode)).toEqual(scanned([answer], mode));
    }),
    { numRuns: 1500 },
  );
});
