import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findQuote } from "../../src/find-quote.ts";

const text =
  "The invoice is due within 30 days.\nLate payment costs 5.25 percent — “without notice” — of the sum,\nand l'abonné doit payer « sans délai » ; il peut résilier : voir l'article 12.";
const stretch = (quote: string, source = text) => {
  const found = findQuote(source, quote);
  return typeof found === "string" ? found : source.slice(found.start, found.end);
};

describe("found, where it stands", () => {
  test.each([
    ["as it is", "is due within 30 days", "is due within 30 days"],
    ["over a line break", "of the sum, and l'abonné", "of the sum,\nand l'abonné"],
    ["other blanks", "  The  invoice\n\tis\u00a0due ", "The invoice is due"],
    ["other quotation marks", 'percent — "without notice" — of', "percent — “without notice” — of"],
    ["other dashes", "5.25 percent - «without notice» – of", "5.25 percent — “without notice” — of"],
    ["another apostrophe", "and l’abonné doit payer", "and l'abonné doit payer"],
    [
      "French blanks",
      'doit payer "sans délai"; il peut résilier: voir',
      "doit payer « sans délai » ; il peut résilier : voir",
    ],
    ["accents that stand alone", "l'abonne\u0301 doit payer", "l'abonné doit payer"],
    [
      "an omission",
      "The invoice is due […] without notice” — of",
      "The invoice is due within 30 days.\nLate payment costs 5.25 percent — “without notice” — of",
    ],
    ["dots at its ends", "…invoice is due within...", "invoice is due within"],
  ])("%s", (_name, quote, expected) => expect(stretch(quote)).toBe(expected));

  test("a composed accent of the quote against a loose one of the text", () => {
    expect(stretch("un café très noir", "Voici un cafe\u0301 tre\u0300s noir.")).toBe(
      "un cafe\u0301 tre\u0300s noir",
    );
  });

  test("the whole of a short text", () => {
    expect(stretch("It is blue.", "It is blue.")).toBe("It is blue.");
    expect(stretch("bleu", " « bleu » ")).toBe("too-short");
    expect(stretch('"bleu"', " « bleu » ")).toBe("« bleu »");
  });

  test("text without blanks between words", () => {
    expect(stretch("発表しました", "本日、新製品を発表しました。")).toBe("発表しました");
  });

  test("code", () => {
    const code = 'if (a[0] === "x") {\n  return b[`i`];\n}';
    expect(stretch('a[0] === "x") { return b', code)).toBe('a[0] === "x") {\n  return b');
  });
});

describe("not found", () => {
  test.each([
    ["another word", "The invoice was due within 30 days"],
    ["another case", "the invoice is due within"],
    ["a word that only ends so", "voice is due within 30"],
    ["a word that only begins so", "payment costs 5.25 per"],
    ["half a number", "Late payment costs 5"],
    ["the other half", "25 percent — “without notice”"],
    ["pieces in another order", "without notice” — of […] The invoice is due"],
    ["a piece twice", "The invoice is due […] The invoice is due"],
    ["a longer one", `${text} And more.`],
    ["a mark of emphasis", "The **invoice** is due"],
  ])("%s", (_name, quote) => expect(findQuote(text, quote)).toBe("not-found"));
});

test.each(["", "   ", "…", "30 days", "invoice", "is", "it is a", "The invoice is due […] days", "発表"])(
  "too short to prove anything: %j",
  (quote) => expect(findQuote(text, quote)).toBe("too-short"),
);

test("any stretch of whole words that is long enough is found, however its blanks look", () => {
  const word = fc.constantFrom(
    "rouge",
    "bleu",
    "l'été",
    "12",
    "3.5",
    "a",
    "“non”",
    "—",
    "« oui »",
    "naïve;",
    "漢字",
  );
  const blank = fc.constantFrom(" ", "\n", "\u00a0", " \t ");
  const property = fc.property(
    fc.array(word, { minLength: 6, maxLength: 30 }),
    fc.nat(20),
    blank,
    blank,
    (list, skip, one, other) => {
      const source = list.join(one);
      const quote = list.slice(skip % (list.length - 4)).join(other);
      const found = findQuote(source, quote);
      fc.pre(found !== "too-short");
      expect(found).not.toBe("not-found");
      if (typeof found === "object")
        expect(findQuote(source.slice(found.start, found.end), quote)).toMatchObject({ start: 0 });
    },
  );
  fc.assert(property, { numRuns: 1000 });
});

test("hostile lengths take no time to speak of", () => {
  const source = "a b ".repeat(1000);
  expect(findQuote(source, "a b ".repeat(400).trim())).toMatchObject({ start: 0 });
  expect(findQuote(source, `${"a b ".repeat(400)}c`)).toBe("not-found");
  expect(findQuote(source, "… ".repeat(700))).toBe("too-short");
});
