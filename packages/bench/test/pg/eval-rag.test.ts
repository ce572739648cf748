import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateRag } from "../../src/eval/evaluate-rag.ts";
import { parseRagOptions } from "../../src/eval/rag.ts";
import { readRun } from "../../src/eval/recorded-run.ts";

const document = (id: string, text: string) => ({ id, title: id, text });
const query = (id: string, text: string, relevant: string) => ({
  id,
  text,
  grades: new Map([[relevant, 1]]),
});
const corpus = {
  documents: [
    document("fox", "The quick brown fox jumps over the lazy dog."),
    document("cat", "A cat sleeps.\0 All day."),
    document("long", Array.from({ length: 200 }, (_, n) => `Paragraph ${n} tells of walruses.`).join("\n\n")),
  ],
  queries: [query("1", "a  sleeping cat?", "cat"), query("2", "walruses", "long")],
  unknownDocuments: 0,
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "runs-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...lines: string[]): Promise<string> {
  const path = join(folder, "run.tsv");
  await writeFile(path, ["query-id\tcorpus-id\trank\tscore", ...lines, ""].join("\n"));
  return path;
}

test("search, embeddings and a recorded run, each document once under its own id", async () => {
  const said: string[] = [];
  const { retrievers, fusions, questions } = await evaluateRag(corpus, {
    language: "en",
    runs: { recorded: await run("1\tfox\t1\t9", "1\tcat\t2\t8", "2\tlong\t1\t5") },
    progress: { say: (text) => said.push(text), show: () => {} },
  });
  expect(questions).toBe(2);
  expect(retrievers.map(({ name, scores, failures }) => [name, scores.ndcg.mean, failures.failed])).toEqual([
    ["search", 1, 0],
    ["embeddings", 1, 0],
    ["recorded", expect.closeTo((1 + 1 / Math.log2(3)) / 2), 0],
  ]);
  expect(fusions.map(({ scores }) => scores.ndcg.mean)).toEqual([1, 1]);
  expect(said.join()).toContain("3 documents");
});

test("a run answers by rank, for the questions that it knows", async () => {
  const retriever = await readRun(await run("1\tcat\t2\t8", "1\tfox\t1\t9", "1\tgone\t3\t1"), corpus);
  const ask = async (text: string, limit: number) =>
    (
      await retriever.retrieve({ query: text, ownerId: "x", limit, signal: new AbortController().signal })
    ).passages.map(({ id, score }) => [id, score]);
  expect(await ask("a sleeping cat?", 10)).toEqual([
    ["fox", 9],
    ["cat", 8],
  ]);
  expect(await ask("a sleeping cat?", 1)).toEqual([["fox", 9]]);
  expect(await ask("unknown", 10)).toEqual([]);
});

test.each([
  [["1\tcat\t1"], "run.tsv, line 2: must be query-id"],
  [["1\tcat\t1\t5", "1\tcat\tfirst\t5"], "run.tsv, line 3: must be"],
  [[], "run.tsv: no answers"],
])("a broken run %j: %s", async (lines, message) => {
  await expect(readRun(await run(...lines), corpus)).rejects.toThrow(message);
});

test("options are read, and wrong ones refused", () => {
  expect(
    parseRagOptions(["--", "--corpus", "x", "--run", "a=b.tsv", "--run", "c=d=e.tsv", "--lang", "fr"]),
  ).toEqual({
    corpus: "x",
    language: "fr",
    runs: { a: "b.tsv", c: "d=e.tsv" },
    report: undefined,
    json: false,
    help: false,
  });
  for (const [args, message] of [
    [[], "--corpus is missing"],
    [["--corpus", "x", "--lang", "de"], "--lang must be"],
    [["--corpus", "x", "--run", "b.tsv"], "--run must be name=file.tsv"],
    [["--corpus", "x", "--run", "search=b.tsv"], "with a name of its own"],
    [["--corpus", "x", "--nope"], "--nope"],
  ] as const)
    expect(() => parseRagOptions(args)).toThrow(message);
});
