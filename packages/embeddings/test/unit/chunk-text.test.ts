import fc from "fast-check";
import { expect, test } from "vitest";
import { byteTokens, cutToTokens, estimateTokens } from "../../src/chunking/estimate-tokens.ts";
import { chunkText, type TextKind } from "../../src/index.ts";

const kinds: TextKind[] = ["prose", "markdown", "code", "conversation"];
const textsOf = (text: string, options?: Parameters<typeof chunkText>[1]) =>
  chunkText(text, options).map((chunk) => chunk.text);

const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        "\n",
        "\n\n",
        "\r\n",
        "\r\n".repeat(50),
        "# Title\n",
        "```\n",
        "```js\nlet a;\n```\n",
        "// comment\n",
        "}\n",
        "User: ",
        "\nAssistant: ",
        "\n\nAnna: ",
        "  ",
        "🦊".repeat(30),
        "👩‍👩‍👧",
        "\ud800",
        "\u0000",
        "=".repeat(200),
      ),
      fc.lorem({ maxCount: 30 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

/** As a tokenizer counts: a mark at the beginning, and three letters of a word or any other character each a token. */
const countTokens = (text: string) => 1 + (text.match(/ ?[a-z]{1,3}|[\s\S]/g)?.length ?? 0);

test.each([
  ["by the estimate", {}, estimateTokens],
  ["by an exact counter", { countTokens }, countTokens],
])(
  "%s, chunks are parts of the text, in order, within the limit, never cutting a character in two",
  (_, more, count) => {
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom(...kinds),
        fc.integer({ min: 16, max: 120 }),
        fc.constantFrom(0, 5, 8),
        (text, kind, maxTokens, overlapTokens) => {
          let [start, end] = [0, 0];
          for (const chunk of chunkText(text, { kind, maxTokens, overlapTokens, ...more })) {
            expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
            expect(chunk.text.trim()).not.toBe("");
            expect(chunk.tokens).toBe(count(chunk.text));
            expect(chunk.tokens).toBeLessThanOrEqual(maxTokens);
            // Each goes on where the one before ended or, with an overlap, not before it began.
            expect(chunk.start).toBeGreaterThanOrEqual(overlapTokens === 0 ? end : start);
            expect(chunk.end).toBeGreaterThan(end);
            // Between chunks there is nothing but white space.
            expect(text.slice(end, Math.max(end, chunk.start)).trim()).toBe("");
            for (const at of [chunk.start, chunk.end]) {
              expect(/^(?:[\ud800-\udbff][\udc00-\udfff]|\r\n)$/.test(text.slice(at - 1, at + 1))).toBe(
                false,
              );
            }
            [start, end] = [chunk.start, chunk.end];
          }
          expect(text.slice(end).trim()).toBe("");
        },
      ),
      { numRuns: 500 },
    );
  },
);

const hostileTexts: [string, (length: number) => string][] = [
  ["one endless word", (length) => "x".repeat(length)],
  ["one endless line of words", (length) => "word ".repeat(length / 5)],
  ["long sentences in one line", (length) => `${"word ".repeat(400)}. It `.repeat(length / 2_005)],
  ["spaces", (length) => `a${" ".repeat(length)}b`],
  ["line breaks", (length) => `a${"\n".repeat(length)}b`],
  ["emoji", (length) => "🦊".repeat(length / 2)],
  ["backticks", (length) => "`".repeat(length)],
  ["fences that open and close", (length) => "```\nx\n```\n".repeat(length / 10)],
  ["headings", (length) => "# a\n".repeat(length / 4)],
  ["turns", (length) => "User: a\nAssistant: b\n".repeat(length / 21)],
  ["closing brackets", (length) => "}\n\n".repeat(length / 3)],
];

function expectWhole(text: string, kind: TextKind) {
  const chunks = chunkText(text, { kind, overlapTokens: 20 });
  expect(chunks[0]?.start).toBe(0);
  expect(chunks.at(-1)?.end).toBe(text.trimEnd().length);
}

// No time is asserted: what is not linear does not end within the limit of a test.
test.each(hostileTexts)(
  "%s are cut whatever the kind",
  (_, textOf) => {
    for (const kind of kinds) expectWhole(textOf(200_000), kind);
  },
  30_000,
);

test.each([
  ["one endless word", "code"],
  ["long sentences in one line", "prose"],
  ["emoji", "markdown"],
  ["turns", "conversation"],
] as const)(
  "10 MB of %s are cut as %s",
  (name, kind) => {
    const [, textOf] = hostileTexts.find(([hostile]) => hostile === name) ?? [];
    expectWhole(textOf?.(10_000_000) ?? "", kind);
  },
  60_000,
);

test("an exact counter is never given a part much larger than a chunk", () => {
  let longest = 0;
  const counting = (text: string) => {
    longest = Math.max(longest, text.length);
    return countTokens(text);
  };
  const text = "x".repeat(200_000);
  const chunks = chunkText(text, { maxTokens: 100, countTokens: counting });
  expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
  expect(longest).toBeLessThanOrEqual(1_600);
});

test("a text of exactly as many tokens as fit is within the limit, in whatever order its parts are summed", () => {
  const text = "et faucibus curabitur enim congue lorem nibh dolor sapien sit mauris augue";
  expect(chunkText(text, { maxTokens: 16 }).map(({ tokens }) => tokens)).toEqual([16]);
});

test("with an overlap, each chunk begins within the one before and stays within the limit", () => {
  const text = Array.from({ length: 200 }, (_, at) => `word${at}`).join(" ");
  const chunks = chunkText(text, { maxTokens: 50, overlapTokens: 10 });
  expect(chunks.length).toBeGreaterThan(3);
  for (const [at, chunk] of chunks.entries()) {
    expect(chunk.tokens).toBeLessThanOrEqual(50);
    expect(chunk.text).toMatch(/^word\d+ .* word\d+$/);
    const before = chunks[at - 1];
    if (before) expect(before.end).toBeGreaterThan(chunk.start);
  }
});

test("what fits is not cut, though there be no room for the overlap", () => {
  const paragraph = (word: string) => Array.from({ length: 40 }, () => word).join(" ");
  const text = ["one", "two", "six"].map(paragraph).join("\n\n");
  const maxTokens = estimateTokens(paragraph("one")) + 2;
  expect(textsOf(paragraph("one"), { maxTokens, overlapTokens: 10 })).toEqual([paragraph("one")]);
  expect(textsOf(text, { maxTokens, overlapTokens: 10 }).map((chunk) => chunk.slice(-119))).toEqual(
    ["one", "two", "six"].map((word) => paragraph(word).slice(-119)),
  );
});

test("text appended at the end changes the last chunk alone", () => {
  const paragraphs = (count: number) =>
    Array.from({ length: count }, (_, at) => `Paragraph ${at}. ${"word ".repeat(40)}`).join("\n\n");
  const before = textsOf(paragraphs(30), { maxTokens: 100 });
  const after = textsOf(paragraphs(33), { maxTokens: 100 });
  expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
});

test("prose is cut at paragraphs, a long paragraph at sentences", () => {
  const sentence = (n: number) => `This is sentence ${n} of a long paragraph.`;
  const long = [1, 2, 3, 4, 5, 6].map(sentence).join(" ");
  expect(textsOf(`First paragraph.\n\nSecond one.\n\n${long}`, { maxTokens: 25 })).toEqual([
    "First paragraph.\n\nSecond one.",
    `${sentence(1)} ${sentence(2)}`,
    `${sentence(3)} ${sentence(4)}`,
    `${sentence(5)} ${sentence(6)}`,
  ]);
});

test("a Markdown chunk never crosses a heading, and says under which it stands", () => {
  const text = "# Guide #\n\n## Install\n\nRun it.\n\n## Use\nCall it.\n### Deep\nMore.\n# Other\nEnd.";
  expect(chunkText(text, { kind: "markdown" }).map(({ title, text: chunk }) => [title, chunk])).toEqual([
    ["Guide › Install", "# Guide #\n\n## Install\n\nRun it."],
    ["Guide › Use", "## Use\nCall it."],
    ["Guide › Use › Deep", "### Deep\nMore."],
    ["Other", "# Other\nEnd."],
  ]);
});

test("a # in fenced code is no heading, and the code stays whole while it fits", () => {
  const code = "```sh\n# not a heading\n\nrun\n```";
  const text = `# Real\n\n${"word ".repeat(20)}\n\n${code}\n\n${"word ".repeat(20)}`;
  const chunks = chunkText(text, { kind: "markdown", maxTokens: 40 });
  expect(chunks.map((chunk) => chunk.title)).toEqual(chunks.map(() => "Real"));
  expect(chunks.some((chunk) => chunk.text.includes(code))).toBe(true);
});

test("fenced code stays whole though the paragraph it hangs on does not fit", () => {
  const code = "```ts\nconst a = 1;\nconst b = 2;\n\nconst c = 3;\n```";
  const text = `${"Some words before. ".repeat(8)}\n${code}\n${"Some words after. ".repeat(8)}`;
  for (const [kind, before] of [
    ["markdown", ""],
    ["conversation", "User: "],
  ] as const) {
    const chunks = textsOf(before + text, { kind, maxTokens: 40 });
    expect(chunks.filter((chunk) => chunk.includes(code))).toHaveLength(1);
    expect(chunks.length).toBeGreaterThanOrEqual(3);
  }
});

const words = (count: number) => Array.from({ length: count }, () => "word").join(" ");
const say = (speaker: string, count: number) => `${speaker}: ${words(count)}`;
const conversation = (text: string, maxTokens = 50) =>
  chunkText(text, { kind: "conversation", maxTokens }).map((chunk) => [chunk.title, chunk.text]);

test("as many whole turns as fit are put together, and a turn that fits is never cut", () => {
  const turns = [
    say("User", 20),
    say("Assistant", 20),
    say("User", 30),
    say("Assistant", 45),
    say("User", 1),
  ];
  expect(conversation(turns.join("\n\n"))).toEqual([
    ["", `${turns[0]}\n\n${turns[1]}`],
    ["", turns[2]],
    ["", turns[3]],
    ["", turns[4]],
  ]);
});

test("a turn that is too long is cut as Markdown; each further piece says who speaks", () => {
  const code = "```js\nUser: not a turn\n\nlet a;\n```";
  const text = `User: hello\n\n**Assistant:** ${words(40)}\n\n${words(41)}\n\n${code}\n\nTool: 4`;
  expect(conversation(text)).toEqual([
    ["", "User: hello"],
    ["", `**Assistant:** ${words(40)}`],
    ["Assistant", words(41)],
    ["Assistant", `${code}\n\nTool: 4`],
  ]);
});

test("among roles, other labels are part of what is said", () => {
  const said = `Assistant: ${words(10)}\n\nNote: ${words(30)}`;
  expect(conversation(`User: ${words(20)}\n\n${said}`).map(([, text]) => text)).toEqual([
    `User: ${words(20)}`,
    said,
  ]);
});

test("names are speakers where one of several speaks again, line by line, with times or without", () => {
  const lines = ["[10:31] Anne Marie: ", "Bob: ", "[10:33] Anne Marie: "].map((label) => label + words(35));
  expect(conversation(lines.join("\n")).map(([, text]) => text)).toEqual(lines);
});

test.each([
  ["labels that never come again", `Summary: ${words(60)}\n\nSteps: ${words(60)}`],
  ["a single speaker", `Note: ${words(60)}\n\nNote: ${words(60)}`],
  ["text before the first speaker", `Well.\n\nUser: ${words(60)}\n\nUser: ${words(60)}`],
  ["an address", `see https: //x\n\n${words(60)}`],
])("a text of %s is no transcript, and is cut as Markdown", (_, text) => {
  const markdown = `# Title\n\n${text}`;
  for (const one of [text, markdown]) {
    expect(chunkText(one, { kind: "conversation", maxTokens: 50 })).toEqual(
      chunkText(one, { kind: "markdown", maxTokens: 50 }),
    );
  }
});

test("a fence that is never closed swallows no turns", () => {
  const turns = ["User: look\n\n```js\nlet a;", say("Assistant", 40), say("User", 40)];
  expect(conversation(turns.join("\n\n")).map(([, text]) => text)).toEqual(turns);
});

test("an exact counter decides sizes in place of the estimate", () => {
  const byWords = (text: string) => text.split(/\s+/).filter(Boolean).length;
  const chunks = chunkText(words(100), { maxTokens: 16, countTokens: byWords });
  expect(chunks.map((chunk) => chunk.tokens)).toEqual([16, 16, 16, 16, 16, 16, 4]);
  const overlapping = chunkText(words(40), { maxTokens: 16, overlapTokens: 4, countTokens: byWords });
  expect(overlapping.map((chunk) => chunk.tokens)).toEqual([12, 15, 15, 7]);
  const marked = chunkText(words(40), { maxTokens: 18, countTokens: (text) => byWords(text) + 2 });
  expect(marked.map((chunk) => chunk.tokens)).toEqual([18, 18, 10]);
  const byLetters = chunkText(words(40), {
    maxTokens: 32,
    overlapTokens: 12,
    countTokens: (text) => text.length,
  });
  expect(byLetters[1]?.start).toBeLessThan(byLetters[0]?.end ?? 0);
});

test("code is cut between declarations, each with its comment, indentation kept", () => {
  const declaration = (name: string) =>
    `/**\n * What ${name} does, said at some length.\n */\n\n@decorated\nexport function ${name}() {\n  const a = 1;\n\n  return a;\n}`;
  const text = `import a from "a";\n\n${["one", "two", "three"].map(declaration).join("\n\n")}\n`;
  expect(textsOf(text, { kind: "code", maxTokens: 35 })).toEqual([
    'import a from "a";',
    declaration("one"),
    declaration("two"),
    declaration("three"),
  ]);
  expect(textsOf("\n\n    indented()\n", { kind: "code" })).toEqual(["    indented()"]);
});

test("a text without any place to cut is cut between characters", () => {
  const text = "🦊".repeat(100);
  const chunks = textsOf(text, { maxTokens: 16 });
  expect(chunks.join("")).toBe(text);
  expect(chunks.every((chunk) => /^(?:🦊)+$/u.test(chunk))).toBe(true);
});

test("a beginning is within the estimate and the bytes, and ends in no pair", () => {
  const text = fc
    .array(fc.constantFrom("a", " ", "\r\n", "🦊", "é", "語", "\ud800"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, most) => {
      const kept = cutToTokens(whole, most);
      expect(whole.startsWith(kept)).toBe(true);
      expect(Math.max(estimateTokens(kept), byteTokens(kept))).toBeLessThanOrEqual(most);
      const seam = whole.slice(kept.length - 1, kept.length + 1);
      expect(/^(?:[\ud800-\udbff][\udc00-\udfff]|\r\n)$/.test(seam)).toBe(false);
    }),
  );
});

test("blank texts have no chunks", () => {
  for (const kind of kinds) expect(chunkText(" \n\n\t\n", { kind })).toEqual([]);
});

test.each([
  [{ maxTokens: 15 }],
  [{ maxTokens: Number.NaN }],
  [{ maxTokens: 100, overlapTokens: 51 }],
  [{ kind: "verse" as TextKind }],
])("options %j are refused", (options) => {
  expect(() => chunkText("x", options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
