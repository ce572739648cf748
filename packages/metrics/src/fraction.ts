/** An exact rational number; `denominator` > 0, without common factors. Money is rounded once, at the end. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** @throws {RangeError} when `denominator` is 0 */
export function fraction(numerator: bigint | number, denominator: bigint | number = 1): Fraction {
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  if (d === 0n) throw new RangeError("fraction: the denominator is 0");
  const divisor = greatestCommonDivisor(n, d) * (d < 0n ? -1n : 1n);
  return { numerator: n / divisor, denominator: d / divisor };
}

export const zero: Fraction = fraction(0);

/** The exact value of a decimal text such as "1.0850". */
export function fractionOfDecimal(decimal: string): Fraction {
  const [whole = "", decimals = ""] = decimal.split(".");
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
}

export const add = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const multiply = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.numerator, a.denominator * b.denominator);

/** @throws {RangeError} when `b` is 0 */
export const divide = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.denominator, a.denominator * b.numerator);

export const numberOf = (a: Fraction): number => Number(a.numerator) / Number(a.denominator);

/** The nearest whole number, halves upwards. */
export function round(a: Fraction): bigint {
  const doubled = 2n * a.numerator + a.denominator;
  const divisor = 2n * a.denominator;
  const quotient = doubled / divisor;
  return doubled < 0n && quotient * divisor !== doubled ? quotient - 1n : quotient;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
