import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateTokens } from "../../src/chunking/estimate-tokens.ts";
import { chunkText, type TextKind } from "../../src/index.ts";

const kinds: TextKind[] = ["prose", "markdown", "code"];
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
        "# Title\n",
        "```\n",
        "// comment\n",
        "}\n",
        "  ",
        "🦊",
        "\ud800",
        "\u0000",
      ),
      fc.lorem({ maxCount: 30 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

test("chunks are parts of the text, in order, within the limit, never cutting a character in two", () => {
  fc.assert(
    fc.property(
      anyText,
      fc.constantFrom(...kinds),
      fc.integer({ min: 16, max: 120 }),
      (text, kind, maxTokens) => {
        let end = 0;
        for (const chunk of chunkText(text, { kind, maxTokens })) {
          expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
          expect(chunk.text.trim()).not.toBe("");
          expect(chunk.start).toBeGreaterThanOrEqual(end);
          expect(chunk.tokens).toBe(estimateTokens(chunk.text));
          expect(chunk.tokens).toBeLessThanOrEqual(maxTokens);
          // Between chunks there is nothing but white space.
          expect(text.slice(end, chunk.start).trim()).toBe("");
          for (const at of [chunk.start, chunk.end]) {
            expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1))).toBe(false);
          }
          end = chunk.end;
        }
        expect(text.slice(end).trim()).toBe("");
      },
    ),
    { numRuns: 500 },
  );
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
