import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestLines, bestWindow } from "../../src/best-window.ts";
import { hitEnd, hitStart, mergeSpans, readMarks, tagOpen, toSegments } from "../../src/marked-text.ts";
import { segmentsToHtml } from "../../src/segments.ts";

/** A text with hits between brackets. */
const marked = (text: string) => readMarks(text.replaceAll("[", hitStart).replaceAll("]", hitEnd));

describe("readMarks", () => {
  test("takes the marks out and tells where they were", () => {
    expect(readMarks(`${tagOpen}b> ${hitStart}one${hitEnd} two`)).toEqual({
      text: "<b> one two",
      hits: [{ start: 4, end: 7 }],
    });
  });

  test("reads any order of marks", () => {
    const characters = fc.constantFrom(hitStart, hitEnd, tagOpen, "a", " ", "😀");
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 30 }), (parts) => {
        const { text, hits } = readMarks(parts.join(""));
        expect(text).not.toMatch(/[\uFDD0-\uFDD2]/);
        const segments = toSegments({ text, hits }, { start: 0, end: text.length });
        expect(segments.map((segment) => segment.text).join("")).toBe(text);
        for (const { start, end } of hits) expect(end).toBeGreaterThan(start);
      }),
    );
  });
});

test("mergeSpans joins what touches or overlaps", () => {
  expect(
    mergeSpans([
      { start: 5, end: 8 },
      { start: 0, end: 2 },
      { start: 2, end: 3 },
      { start: 6, end: 7 },
    ]),
  ).toEqual([
    { start: 0, end: 3 },
    { start: 5, end: 8 },
  ]);
});

test("toSegments cuts hits at the edges of the part", () => {
  expect(toSegments(marked("a [bcd] e"), { start: 3, end: 6 })).toEqual([
    { text: "cd", hit: true },
    { text: " ", hit: false },
  ]);
});

describe("bestWindow", () => {
  test("different words count more than the same one again and again", () => {
    const text = marked(`[a] [a] [a] [a] ${"x ".repeat(100)}[a] [b]`);
    const { start, end } = bestWindow(text, 40);
    expect(text.text.slice(start, end)).toMatch(/a b$/);
  });

  test("is never longer than asked, never cuts a character, and is all of a short text", () => {
    const text = fc.array(fc.constantFrom("word ", "[hit] ", "😀", "[😀]", "\n"), { maxLength: 80 });
    fc.assert(
      fc.property(text, fc.integer({ min: 40, max: 120 }), (parts, length) => {
        const { text, hits } = marked(parts.join(""));
        for (const { start, end } of [
          bestWindow({ text, hits }, length),
          bestLines({ text, hits }, length),
        ]) {
          // A window may begin half a character early.
          expect(end - start).toBeLessThanOrEqual(length + 1);
          expect(text.slice(start, end)).not.toMatch(/\p{Cs}/u);
        }
      }),
    );
  });
});

test("bestLines starts at the line with the most different words", () => {
  const code = marked("const [a];\nconst [a], [b];\nrest();\n".repeat(1) + "more();\n".repeat(10));
  const { start, end } = bestLines(code, 30);
  expect(code.text.slice(start, end)).toBe("const a, b;\nrest();\nmore();");
});

describe("segmentsToHtml", () => {
  test("escapes everything but its own tag", () => {
    const segments = [
      { text: `<a href="x">&'`, hit: false },
      { text: "</mark>", hit: true },
    ];
    expect(segmentsToHtml(segments)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&#39;<mark>&lt;/mark&gt;</mark>");
    expect(segmentsToHtml([{ text: "x", hit: true }], "b")).toBe("<b>x</b>");
  });

  test("takes no tag that is more than a name", () => {
    expect(() => segmentsToHtml([], "img src=x onerror=alert(1)")).toThrow(RangeError);
  });
});
