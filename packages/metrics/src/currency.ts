/** Currencies that do not have 100 minor units in one major, by ISO 4217. */
const exponents: Record<number, string> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};
const exponentOf = new Map(
  Object.entries(exponents).flatMap(([exponent, codes]) =>
    codes.split(" ").map((code) => [code, Number(exponent)] as const),
  ),
);

/**
 * Decimal places of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
 * @see ISO 4217, list one
 */
export const minorUnitExponent = (currency: string): number => exponentOf.get(currency) ?? 2;

/**
 * An amount of minor units as decimal text in major units.
 * @example
 * majorAmount(1485000n, "EUR"); // "14850.00"
 * majorAmount(14850n, "JPY"); // "14850"
 */
export function majorAmount(minor: bigint, currency: string): string {
  const exponent = minorUnitExponent(currency);
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const sign = minor < 0n ? "-" : "";
  return exponent === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-exponent)}`;
}
