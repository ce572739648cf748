import { expect, test } from "vitest";
import { majorAmount, minorUnitExponent } from "../../src/currency.ts";

test.each([
  [1_485_000n, "EUR", "14850.00"],
  [5n, "EUR", "0.05"],
  [-5n, "EUR", "-0.05"],
  [14_850n, "JPY", "14850"],
  [14_850n, "KWD", "14.850"],
  [0n, "CLF", "0.0000"],
  [9_007_199_254_740_993n, "USD", "90071992547409.93"],
])("%s minor units of %s are %s", (minor, currency, amount) => {
  expect(majorAmount(minor, currency)).toBe(amount);
});

test("the exponents agree with those of the runtime wherever ISO 4217 and the runtime do", () => {
  for (const currency of ["EUR", "USD", "CHF", "JPY", "KRW", "CLP", "XOF", "BHD", "KWD", "TND", "CLF"]) {
    const { maximumFractionDigits } = new Intl.NumberFormat("en", {
      style: "currency",
      currency,
    }).resolvedOptions();
    expect([currency, minorUnitExponent(currency)]).toEqual([currency, maximumFractionDigits]);
  }
});
