import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  judgementSheet,
  readCorpusQuestions,
  readJudgements,
  readQuestions,
} from "../../../src/evaluation.ts";
import { isRagError } from "../../../src/index.ts";
import { passage, retrieverOf, sharedTexts } from "../../support/fakes.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "questions-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: string | Buffer, name = "file.jsonl"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** The error of a reader, which must be ours and hold no word of a query. */
async function refusal(reading: Promise<unknown>): Promise<{ message: string; details: object }> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isRagError(error)) throw new Error(`expected a RagError, got ${error}`);
  expect(error.code).toBe("INVALID_QUESTIONS");
  expect(error.message).not.toContain("secret");
  return error;
}

describe("questions", () => {
  test("ids as texts or with grades; id, ownerId and line ends as they come", async () => {
    const content = `\uFEFF{"query":"one?","relevant":["a",{"id":"b","grade":2}]}\r\n\r\n${JSON.stringify({ id: "own", ownerId: "bob", query: "two?", relevant: [{ id: "c" }] })}\r\n`;
    expect(await readQuestions(await file(content))).toEqual([
      { id: "line-1", query: "one?", relevant: [{ id: "a" }, { id: "b", grade: 2 }] },
      { id: "own", query: "two?", ownerId: "bob", relevant: [{ id: "c" }] },
    ]);
  });

  const good = { query: "secret", relevant: ["a"] };
  test.each([
    ["", "file.jsonl: the file is empty"],
    ["secret {", "file.jsonl, line 1: not JSON"],
    [`${lines(good)}[1]\n`, "file.jsonl, line 2: not a JSON object"],
    ["null", "line 1: not a JSON object"],
    [lines({ relevant: ["a"] }), "line 1: query must be"],
    [lines({ ...good, query: "\u200b" }), "line 1: query must be"],
    [lines({ ...good, id: 7 }), "line 1: id must be"],
    [lines({ ...good, ownerId: "" }), "line 1: ownerId must be"],
    [lines({ query: "secret" }), "line 1: relevant must be a list"],
    [lines({ ...good, relevant: [] }), "line 1: relevant must name at least one"],
    [lines({ ...good, relevant: [{ id: "a", grade: 0 }] }), "line 1: relevant must name at least one"],
    [lines({ ...good, relevant: [{ id: "a", grade: "1" }] }), 'line 1: the grade of "a"'],
    [lines({ ...good, relevant: [null] }), "line 1: an id in relevant"],
    [lines({ ...good, relevant: ["a", "a"] }), 'line 1: relevant names "a" twice'],
    [lines({ ...good, id: "x" }, { ...good, id: "x" }), 'line 2: id "x" was there before'],
  ])("%j: %s", async (content, message) => {
    const { message: told } = await refusal(readQuestions(await file(content)));
    expect(told).toContain(message);
  });

  test("the error says where, for programs as well", async () => {
    expect((await refusal(readQuestions(await file(`${lines(good)}x`)))).details).toEqual({
      file: "file.jsonl",
      line: 2,
    });
    expect((await refusal(readQuestions(join(folder, "none")))).message).toMatch(
      /cannot read .*none \(ENOENT\)/,
    );
    const windows = Buffer.from(`\uFEFF${lines(good)}`, "utf16le");
    expect((await refusal(readQuestions(await file(windows)))).message).toContain("not UTF-8");
  });

  test("names of an object's own machinery are ids like others", async () => {
    const [question] = await readQuestions(
      await file('{"__proto__":{"x":1},"id":"__proto__","query":"q","relevant":["constructor"]}'),
    );
    expect(question).toEqual({ id: "__proto__", query: "q", relevant: [{ id: "constructor" }] });
  });
});

test("a test collection's questions are those with a relevant document; grades below 0 are 0", async () => {
  await file(lines({ id: "q1", text: "one?" }, { id: "q2", text: "unjudged" }), "queries.jsonl");
  await file("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t-1\n", "qrels.tsv");
  expect(await readCorpusQuestions(folder)).toEqual([
    {
      id: "q1",
      query: "one?",
      relevant: [
        { id: "d1", grade: 2 },
        { id: "d2", grade: 0 },
      ],
    },
  ]);
});

describe("judgements", () => {
  const keyword = retrieverOf([
    passage({ id: "z1", source: "notes", entityId: "z", text: "best of z" }),
    passage({ id: "z2", source: "notes", entityId: "z", text: "other of z" }),
  ]);
  const semantic = retrieverOf([passage({ id: "a1", source: "files", entityId: "a" })]);
  const asked = [
    { id: "q1", query: "where?" },
    { id: "q2", query: "who?", ownerId: "bob" },
  ];

  test("a sheet has each row that any retriever found once, in an order that tells nothing", async () => {
    const sheet = await judgementSheet({
      retrievers: { keyword, semantic },
      questions: asked,
      ownerId: "alice",
    });
    expect(sheet.lines.map(({ question, ownerId, id }) => [question, ownerId, id])).toEqual([
      ["q1", "alice", "files/a"],
      ["q1", "alice", "notes/z"],
      ["q2", "bob", "files/a"],
      ["q2", "bob", "notes/z"],
    ]);
    expect(sheet.lines[1]).toMatchObject({ query: "where?", text: "best of z", grade: null });
    expect(keyword.calls.at(-1)).toMatchObject({ ownerId: "bob", limit: 10 });
    expect(sheet).toMatchObject({ withoutLines: 0, failures: { keyword: { failed: 0 } } });
  });

  test("what a person filled in becomes questions; what nobody judged is told", async () => {
    const { lines: sheet } = await judgementSheet({
      retrievers: { keyword, semantic },
      questions: asked,
      ownerId: "alice",
    });
    const grades = [2, 0, null, 0];
    const filled = sheet.map((line, place) => ({ ...line, grade: grades[place] }));
    expect(await readJudgements(await file(lines(...filled)))).toEqual({
      questions: [
        {
          id: "q1",
          query: "where?",
          ownerId: "alice",
          relevant: [
            { id: "files/a", grade: 2 },
            { id: "notes/z", grade: 0 },
          ],
        },
      ],
      ungraded: 1,
      withoutRelevant: 1,
    });
    await expect(readJudgements(await file(lines(...sheet)))).rejects.toThrow(
      "no line has a grade above 0 yet",
    );
  });

  test("texts of any kind go into a sheet and come back", async () => {
    const hostile = [
      "line\nbreak",
      '"quotes"',
      "\u202ebidi",
      "\ud800",
      ...sharedTexts("bad-input/xss.jsonl").slice(0, 50),
    ];
    const retriever = retrieverOf(
      hostile.map((text, n) => passage({ id: `p${n}`, entityId: `e${n}`, text, title: text })),
    );
    const { lines: sheet } = await judgementSheet({
      retrievers: { retriever },
      questions: hostile.map((text, n) => ({ id: `q${n}`, query: `why ${text}` })),
      ownerId: "alice",
      depth: 100,
    });
    const { questions } = await readJudgements(
      await file(lines(...sheet.map((line) => ({ ...line, grade: 1 })))),
    );
    expect(questions).toHaveLength(hostile.length);
    expect(JSON.stringify(sheet).includes("\u202e")).toBe(false);
  });

  test("failures and questions without answers are told", async () => {
    const failing = retrieverOf(() => Promise.reject(new RangeError("x")));
    const sheet = await judgementSheet({
      retrievers: { failing, none: retrieverOf([]) },
      questions: asked,
      ownerId: "alice",
    });
    expect(sheet).toMatchObject({ lines: [], withoutLines: 2, failures: { failing: { failed: 2 } } });
    expect(await judgementSheet({ retrievers: { keyword }, questions: [] })).toMatchObject({ lines: [] });
  });

  const line = { question: "q", query: "secret", id: "a", grade: 1 };
  test.each([
    [lines({ ...line, grade: undefined }), "line 1: grade is missing"],
    [lines({ ...line, grade: "2" }), "line 1: grade must be"],
    [lines({ ...line, grade: -1 }), "line 1: grade must be"],
    [lines({ ...line, id: "" }), "line 1: id must be"],
    [lines({ ...line, question: 1 }), "line 1: question must be"],
    [lines(line, line), 'line 2: "a" was judged before'],
    [lines(line, { ...line, id: "b", query: "secret too" }), "line 2: query and ownerId must be"],
    [lines(line, { ...line, id: "b", ownerId: "bob" }), "line 2: query and ownerId must be"],
    ["", "no line has a grade above 0"],
  ])("%j: %s", async (content, message) => {
    expect((await refusal(readJudgements(await file(content)))).message).toContain(message);
  });
});
