import { expect, test } from "vitest";
import { halfBits, halfOfBits, halfText, vectorText } from "../../src/vector-text.ts";

/** All finite halves but -0. */
const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
  (bits) => (bits & 0x7c00) !== 0x7c00 && bits !== 0x8000,
);

/** Significant digits of a number's text. */
const digitsOf = (text: string) => text.replace(/e.*|-/g, "").replace(".", "").replace(/^0+/, "").length;

test("every half-precision number is told by its text, in no more digits than that takes", () => {
  expect(finite.filter((bits) => halfBits(Number(halfText(bits))) !== bits)).toEqual([]);
  const isTooLong = (bits: number) => {
    const digits = digitsOf(halfText(bits));
    return digits > 1 && halfBits(Number(halfOfBits(bits).toPrecision(digits - 1))) === bits;
  };
  expect(finite.filter(isTooLong)).toEqual([]);
});

test("every half is its own nearest half", () => {
  expect(finite.filter((bits) => halfBits(halfOfBits(bits)) !== bits)).toEqual([]);
});

test.each([
  ["the least step", 2 ** -24, 0x0001],
  ["half of the least step, a tie to even", 2 ** -25, 0x0000],
  ["a little more than that", 2 ** -25 * 1.001, 0x0001],
  ["a tie between steps 1 and 2", 1.5 * 2 ** -24, 0x0002],
  ["the largest below the normal numbers", 1023 * 2 ** -24, 0x03ff],
  ["what rounds up to the least normal number", 1023.6 * 2 ** -24, 0x0400],
  ["the least normal number", 2 ** -14, 0x0400],
  ["one", 1, 0x3c00],
  ["a tie above one, to even", 1 + 2 ** -11, 0x3c00],
  ["a tie above its successor, to even", 1 + 3 * 2 ** -11, 0x3c02],
  ["a carry into the exponent", 1.9999, 0x4000],
  ["a negative number", -2, 0xc000],
  ["the largest", 65_504, 0x7bff],
  ["what would round beyond it", 65_520, 0x7c00],
  ["far beyond", 1e300, 0x7c00],
  ["zero", 0, 0],
])("%s is rounded as IEEE 754 says", (_, value, bits) => {
  expect(halfBits(value)).toBe(bits);
});

test("texts are as short as numbers in JavaScript, without the zero before the point", () => {
  expect(vectorText([0, -0, 1, -1, 0.5, -0.25, 0.021_3, 65_504, 2 ** -24, -0.333_33])).toBe(
    "[0,0,1,-1,.5,-.25,.0213,6.55e+4,6e-8,-.3333]",
  );
  expect(vectorText([])).toBe("[]");
});

test("the longest texts have room, and texts are the same when they are asked for again", () => {
  const longest = Math.max(...finite.map((bits) => halfText(bits).length));
  expect(longest).toBe(10);
  const wide = finite.filter((bits) => halfText(bits).length === longest).slice(0, 4_000);
  const expected = `[${wide.map(halfText).join(",")}]`;
  for (let time = 0; time < 2; time++) expect(vectorText(wide.map(halfOfBits))).toBe(expected);
});
