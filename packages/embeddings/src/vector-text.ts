/**
 * pgvector's text form. Five significant digits are more than the eleven bits that a `halfvec` keeps, and a third
 * of the bytes of full precision.
 */
export const vectorText = (vector: readonly number[]): string =>
  `[${vector.map((value) => (value === 0 ? "0" : value.toPrecision(5))).join(",")}]`;
