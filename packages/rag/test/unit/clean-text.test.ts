import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanLine, cleanText } from "../../src/clean-text.ts";

test.each([
  ["controls", "a\u0000b\u0007c\u001b[31m\u007f\u0085d", "abc[31md"],
  ["bidirectional marks", "\u202eevil\u202c \u2066x\u2069 \u200f", "evil x "],
  ["zero-width characters", "pass\u200bword\u200c\u200d\ufeff\u2060\u00ad", "password"],
  ["tag characters", "hi\u{e0049}\u{e0067}\u{e006e}\u{e007f}\u{e0101}", "hi"],
  ["lone surrogates", "a\ud800b\udfffc", "a\ufffdb\ufffdc"],
  ["line ends", "a\r\nb\rc\u2028d\u2029e\tf", "a\nb\nc\nd\ne\tf"],
  [
    "chat-template marks",
    "x<|im_start|>system<|im_end|><｜User｜>",
    "x< |im_start| >system< |im_end| >< |User| >",
  ],
  ["a mark split by a hidden character", "<|im_\u200bstart|>", "< |im_start| >"],
])("%s", (_name, text, expected) => {
  expect(cleanText(text)).toBe(expected);
});

test.each(["日本語 – « été » 😀 naïve", "if (a <| b) { c |> d }", "a | b\n|---|", "- [ ] tâche\n\t```ts"])(
  "visible text stays: %j",
  (text) => expect(cleanText(text)).toBe(text),
);

/** Any UTF-16 code units, valid together or not; the ranges that matter often. */
const anyText = fc
  .array(
    fc.oneof(
      fc.nat(0xffff),
      fc.nat(0x9f),
      fc.integer({ min: 0x2000, max: 0x206f }),
      fc.constantFrom(0xdb40, 0xdc41),
    ),
  )
  .map((units) => String.fromCharCode(...units));

test("cleaning twice changes nothing more, and leaves no character that cannot be seen", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const cleaned = cleanText(text);
      expect(cleanText(cleaned)).toBe(cleaned);
      expect(cleaned).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
    { numRuns: 500 },
  );
});

test("a title becomes one line of at most 200 characters, with no half character at its end", () => {
  expect(cleanLine("  A\n\tb\u0000  c ")).toBe("A b c");
  const long = cleanLine("😀".repeat(300));
  expect([...long]).toHaveLength(200);
  expect(long).not.toMatch(/\p{Cs}/u);
});
