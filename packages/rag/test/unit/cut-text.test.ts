import fc from "fast-check";
import { expect, test } from "vitest";
import { fenceAfter } from "../../src/code-fence.ts";
import { cutText } from "../../src/cut-text.ts";

const upTo = (length: number) => (text: string) => text.length <= length;

test("ends at the last line's end that fits", () => {
  expect(cutText("one\ntwo\nthree", upTo(7))).toBe("one\ntwo");
  expect(cutText("one\ntwo\nthree", upTo(6))).toBe("one");
});

test("gives nothing where no line fits, or there is one line alone", () => {
  expect(cutText("one\ntwo", upTo(2))).toBeUndefined();
  expect(cutText("a single long line", upTo(10))).toBeUndefined();
  expect(cutText("", upTo(10))).toBeUndefined();
});

test("ends before a fenced block rather than within it", () => {
  const text = "Intro\n```ts\nconst a = 1;\nconst b = 2;\n```\nOutro\nmore";
  expect(cutText(text, upTo(30))).toBe("Intro");
  expect(cutText(text, upTo(46))).toBe("Intro\n```ts\nconst a = 1;\nconst b = 2;\n```");
});

test.each([
  ["a longer fence holds a shorter one", ["````md", "```", "````"], [true, true, false]],
  ["tildes and backticks do not close each other", ["~~~", "```", "~~~"], [true, true, false]],
  ["a closing fence has nothing after it", ["```", "``` x", "```  "], [true, true, false]],
  ["backticks after backticks are inline code", ["```a```", "   ```", "    ```"], [false, true, true]],
  ["a fence that is indented by four is text", ["    ```"], [false]],
])("fences as in CommonMark: %s", (_name, lines, open) => {
  let fence: ReturnType<typeof fenceAfter>;
  const states = lines.map((line) => {
    fence = fenceAfter(fence, line);
    return fence !== undefined;
  });
  expect(states).toEqual(open);
});

test("a cut is a beginning that fits, whole lines, no open fence, and no longer one is", () => {
  const line = fc.constantFrom("text", "", "```", "```ts", "~~~~", "    code", "more words here", "`x`");
  const isOpen = (text: string) =>
    text.split("\n").reduce<ReturnType<typeof fenceAfter>>((fence, l) => fenceAfter(fence, l), undefined) !==
    undefined;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), fc.nat(150), (lines, length) => {
      const text = lines.join("\n");
      const cut = cutText(text, upTo(length));
      const allowed = lines
        .map((_, index) => lines.slice(0, index + 1).join("\n"))
        .slice(0, -1)
        .filter(
          (beginning) => beginning.length <= length && !isOpen(beginning) && !/(^|\n)$/.test(beginning),
        );
      expect(cut).toBe(allowed.at(-1));
    }),
    { numRuns: 1000 },
  );
});
