import type { Database } from "@devora/db-schema";
import { expect, test } from "vitest";
import { hashingEmbedder, type PassageContext } from "../../src/index.ts";
import { type EmbeddingsOptions, resolveOptions } from "../../src/options.ts";
import { wantedChunks } from "../../src/passage.ts";
import type { SourceRow } from "../../src/queries/source-rows.ts";
import { devoraSources } from "../../src/sources/devora-sources.ts";

const row: SourceRow = {
  entityId: "1",
  ownerId: null,
  title: " docs/guide.md ",
  text: "# Guide\n\nHello.\n\n## Install\n\nRun it.",
  language: "en",
  kind: "markdown",
  updatedAt: null,
  hash: "",
};

function passagesOf(
  chunking: NonNullable<EmbeddingsOptions["chunking"]> = {},
  more: Partial<SourceRow> = {},
  maxInputTokens = 8_192,
) {
  const db = { execute() {} } as unknown as Database;
  const embedder = { ...hashingEmbedder(), maxInputTokens };
  const context = resolveOptions({ db, embedder, chunking }, devoraSources);
  return wantedChunks("files", { ...row, ...more }, context);
}

const inputsOf = (...args: Parameters<typeof passagesOf>) => passagesOf(...args).map(({ input }) => input);

test("the title and the headings stand before each passage, unless it begins with them", () => {
  expect(inputsOf()).toEqual([
    "docs/guide.md › Guide\n\n# Guide\n\nHello.",
    "docs/guide.md › Guide › Install\n\n## Install\n\nRun it.",
  ]);
  expect(inputsOf({}, { title: "Hello", text: "Hello there." })).toEqual(["Hello there."]);
  expect(inputsOf({}, { title: "", text: "Hello there." })).toEqual(["Hello there."]);
});

test("the prefix may be left out; titles are stored all the same", () => {
  const passages = passagesOf({ contextPrefix: false });
  expect(passages.map(({ input, title }) => [title, input])).toEqual([
    ["docs/guide.md › Guide", "# Guide\n\nHello."],
    ["docs/guide.md › Guide › Install", "## Install\n\nRun it."],
  ]);
});

test("or be of one's own making, from where the passage stands; another prefix is another hash", () => {
  const asked: PassageContext[] = [];
  const contextPrefix = (context: PassageContext) => {
    asked.push(context);
    return `${context.source}: ${context.title}`;
  };
  const passages = passagesOf({ contextPrefix });
  expect(passages[1]?.input).toBe("files: docs/guide.md\n\n## Install\n\nRun it.");
  expect(asked[1]).toEqual({
    source: "files",
    entityId: "1",
    title: "docs/guide.md",
    headings: "Guide › Install",
    kind: "markdown",
  });
  expect(passages.map(({ hash }) => hash)).not.toEqual(passagesOf().map(({ hash }) => hash));
  expect(inputsOf({ contextPrefix: () => "" })[1]).toBe("## Install\n\nRun it.");
});

test("in a conversation, a passage that begins within a turn says who speaks", () => {
  const text = `User: ${"word ".repeat(30)}`;
  const passages = passagesOf({ maxTokens: 20 }, { kind: "conversation", title: "Chat", text });
  expect(passages.map(({ title }) => title)).toEqual(["Chat", "Chat › User"]);
  expect(passages[1]?.input).toMatch(/^Chat › User\n\nword word/);
});

test("what is embedded is never above what the embedder takes, by the estimate or an exact counter", () => {
  const long = { title: "t".repeat(300), text: "word ".repeat(30) };
  expect(inputsOf({ maxTokens: 32 }, long, 40)[0]).toBe(`${"t".repeat(160)}`);
  const countTokens = (text: string) => text.length;
  for (const input of inputsOf({ maxTokens: 40, countTokens }, long, 40)) {
    expect(input.length).toBeLessThanOrEqual(40);
  }
});

test.each([{ countTokens: 5 }, { contextPrefix: "x" }, { contextPrefix: true }])(
  "chunking %j is refused when created",
  (chunking) => {
    expect(() => passagesOf(chunking as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  },
);
