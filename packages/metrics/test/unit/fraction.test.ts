import fc from "fast-check";
import { expect, test } from "vitest";
import {
  add,
  divide,
  fraction,
  fractionOfDecimal,
  multiply,
  numberOf,
  round,
  zero,
} from "../../src/fraction.ts";

test("six times a twelfth is exactly a half, and halves round upwards", () => {
  const half = Array.from({ length: 6 }, () => fraction(1, 12)).reduce(add, zero);
  expect(half).toEqual({ numerator: 1n, denominator: 2n });
  expect(
    [fraction(1, 2), fraction(3, 2), fraction(149, 100), fraction(-1, 2), fraction(-3, 2)].map(round),
  ).toEqual([1n, 2n, 1n, 0n, -1n]);
});

test("a decimal text is read without going through a float", () => {
  expect(fractionOfDecimal("1.085000000000")).toEqual(fraction(217, 200));
  expect(fractionOfDecimal("0.000000000001")).toEqual(fraction(1n, 1_000_000_000_000n));
  expect(fractionOfDecimal("42")).toEqual(fraction(42));
});

test("division undoes multiplication, and rounding is never off by more than a half", () => {
  const rational = fc.tuple(fc.bigInt(-1_000_000n, 1_000_000n), fc.bigInt(1n, 1_000_000n));
  fc.assert(
    fc.property(rational, rational, ([a, b], [c, d]) => {
      const [x, y] = [fraction(a, b), fraction(c, d)];
      if (c !== 0n) expect(divide(multiply(x, y), y)).toEqual(x);
      const distance = add(x, fraction(-round(x)));
      expect(Math.abs(numberOf(distance))).toBeLessThanOrEqual(0.5);
    }),
  );
});

test("there is no fraction over 0", () => {
  expect(() => fraction(1, 0)).toThrow(RangeError);
  expect(() => divide(fraction(1), zero)).toThrow(RangeError);
});
