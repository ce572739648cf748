import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "../../src/clean-text.ts";
import type { RetrievedContext } from "../../src/contexts.ts";
import { sourcePlace } from "../../src/source-place.ts";

const sourceOf = (text: string, start = 0, end = start + text.length) =>
  ({ text, start, end }) as RetrievedContext;

test("a stretch of the cleaned text is found in the source's whole text", () => {
  const text = "One\r\ntwo \u200bthree\u200b <|x|> fo\u00adur.";
  const cleaned = cleanText(text);
  expect(cleaned).toBe("One\ntwo three < |x| > four.");
  const at = (words: string) => {
    const start = cleaned.indexOf(words);
    const place = sourcePlace(sourceOf(text, 1000), { start, end: start + words.length });
    return place && text.slice(place.start - 1000, place.end - 1000);
  };
  expect(at("two")).toBe("two");
  expect(at("three")).toBe("three");
  expect(at("One\ntwo")).toBe("One\r\ntwo");
  expect(at("four")).toBe("fo\u00adur");
});

test("offsets that do not fit the text tell nothing", () => {
  expect(sourcePlace(sourceOf("abc", 0, 9), { start: 0, end: 2 })).toBeUndefined();
});

test("any stretch maps to source text that cleans to it", () => {
  const piece = fc.constantFrom(
    "a",
    "b ",
    "\u200b",
    "\u{e0041}",
    "\r\n",
    "\r",
    "é",
    "😀",
    "\ud800",
    "\n",
    "\u00ad",
    "漢",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.nat(30), fc.nat(30), (pieces, from, length) => {
      const text = pieces.join("");
      const characters = [...cleanText(text)];
      const part = characters.slice(from, from + length + 1).join("");
      fc.pre(part !== "");
      const start = characters.slice(0, from).join("").length;
      const place = sourcePlace(sourceOf(text), { start, end: start + part.length });
      expect(place && cleanText(text.slice(place.start, place.end))).toBe(part);
      // Nothing invisible before the first or after the last character that was sent.
      expect(place && cleanText(text.charAt(place.start))).not.toBe("");
    }),
    { numRuns: 1000 },
  );
});
