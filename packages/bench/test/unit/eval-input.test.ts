import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCorpus } from "../../src/eval/corpus.ts";
import { detectLanguage } from "../../src/eval/language.ts";
import { parseOptions } from "../../src/eval/options.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-"));
});
afterEach(() => rm(folder, { recursive: true }));

const good = {
  "corpus.jsonl": `{"id":"d1","title":"One","text":"first"}\n{"id":"d2","text":"second"}\n`,
  "queries.jsonl": `{"id":"q1","text":"first?"}\n{"id":"q2","text":"unjudged"}\n{"id":"q3","text":"in vain"}\n`,
  "qrels.tsv": `query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq3\td1\t0\n`,
};

/** Reads the good collection with some files replaced; undefined leaves one out. */
async function read(changes: Partial<Record<keyof typeof good, string | undefined>> = {}) {
  for (const [name, text] of Object.entries({ ...good, ...changes })) {
    if (text !== undefined) await writeFile(join(folder, name), text);
  }
  return readCorpus(folder);
}

test("reads documents, and the queries that have a relevant document", async () => {
  const { documents, queries, unknownDocuments } = await read();
  expect(documents).toEqual([
    { id: "d1", title: "One", text: "first" },
    { id: "d2", title: "", text: "second" },
  ]);
  expect(queries).toEqual([
    {
      id: "q1",
      text: "first?",
      grades: new Map([
        ["d1", 2],
        ["d2", 0],
      ]),
    },
  ]);
  expect(unknownDocuments).toBe(0);
});

test("takes a byte order mark, Windows' line ends and empty lines", async () => {
  const windows = (text: string) => `\uFEFF${text.replaceAll("\n", "\r\n")}\r\n`;
  const { documents, queries } = await read({
    "corpus.jsonl": windows(good["corpus.jsonl"]),
    "queries.jsonl": windows(good["queries.jsonl"]),
    "qrels.tsv": windows(good["qrels.tsv"]),
  });
  expect([documents.length, queries[0]?.grades.get("d1")]).toEqual([2, 2]);
});

test("judgements of documents that are not there count, and are told", async () => {
  const { queries, unknownDocuments } = await read({ "qrels.tsv": `${good["qrels.tsv"]}q1\tgone\t1\n` });
  expect(unknownDocuments).toBe(1);
  expect(queries[0]?.grades.get("gone")).toBe(1);
});

test("a folder without the files is named", async () => {
  await expect(readCorpus(join(folder, "none"))).rejects.toThrow(
    /cannot read .*none.*corpus\.jsonl \(ENOENT\)/,
  );
  await expect(read({ "qrels.tsv": undefined })).rejects.toThrow(/cannot read .*qrels\.tsv/);
});

test.each([
  ["corpus.jsonl", `{"id":"d1","text":"x"}\n\nnot json\n`, "corpus.jsonl, line 3: not JSON"],
  ["corpus.jsonl", `{"id":"d1","text":"x"}\n[1]\n`, "corpus.jsonl, line 2: not a JSON object"],
  ["corpus.jsonl", `null\n`, "corpus.jsonl, line 1: not a JSON object"],
  ["corpus.jsonl", `{"id":1,"text":"x"}\n`, "corpus.jsonl, line 1: id must be"],
  ["corpus.jsonl", `{"id":"d1"}\n`, "corpus.jsonl, line 1: text must be"],
  ["corpus.jsonl", `{"id":"d1","title":3,"text":"x"}\n`, "corpus.jsonl, line 1: title must be"],
  ["corpus.jsonl", `{"id":"d1","text":"x"}\n{"id":"d1","text":"y"}\n`, 'corpus.jsonl, line 2: id "d1" was'],
  ["corpus.jsonl", "\n", "corpus.jsonl: the file is empty"],
  ["queries.jsonl", `{"id":"q1"}\n`, "queries.jsonl, line 1: text must be"],
  ["qrels.tsv", "", "qrels.tsv: no judgements"],
  ["qrels.tsv", "query-id\tcorpus-id\tscore\n", "qrels.tsv: no judgements"],
  ["qrels.tsv", "q1\td1\t1\nq1\td2\t1\n", "qrels.tsv, line 1: a judgement where the header"],
  ["qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n", "qrels.tsv, line 2: must be query-id"],
  [
    "qrels.tsv",
    "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\tgood\n",
    "qrels.tsv, line 3: must be query-id",
  ],
  ["qrels.tsv", "query-id\tcorpus-id\tscore\nq1 d1 1\n", "qrels.tsv, line 2: must be query-id"],
  ["qrels.tsv", "query-id\tcorpus-id\tscore\nq9\td1\t1\n", 'qrels.tsv, line 2: no query "q9"'],
  ["qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t0\n", "qrels.tsv: no query has a relevant document"],
] as const)("%s %j: %s", async (name, text, message) => {
  await expect(read({ [name]: text })).rejects.toThrow(message);
  await expect(read({ [name]: text })).rejects.toThrow(expect.objectContaining({ name: "InputError" }));
});

test("options are read", () => {
  expect(
    parseOptions(["--corpus", "x", "--lang", "fr", "--limit-queries", "5", "--json", "--cluster"]),
  ).toEqual({
    corpus: "x",
    language: "fr",
    limitQueries: 5,
    json: true,
    cluster: true,
    help: false,
  });
  expect(parseOptions(["--", "--corpus=x"])).toMatchObject({ corpus: "x", language: undefined, json: false });
});

test.each([
  [[], "--corpus is missing"],
  [["--corpus", "x", "--lang", "de"], '--lang must be en or fr; received "de"'],
  [["--corpus", "x", "--limit-queries", "0"], '--limit-queries must be a whole number from 1; received "0"'],
  [["--corpus", "x", "--limit-queries", "1.5"], "--limit-queries must be"],
  [["--corpus", "x", "--nope"], "--nope"],
  [["--corpus", "x", "more"], "more"],
  [["--corpus"], "--corpus"],
] as const)("options %j: %s", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
  expect(() => parseOptions(args)).toThrow(expect.objectContaining({ name: "InputError" }));
});

test("the language is told from the stop words", () => {
  const document = (text: string) => ({ id: "1", title: "", text });
  expect(detectLanguage([document("le chat est sur la table et il dort")])).toBe("fr");
  expect(detectLanguage([document("the cat is on the table and it sleeps")])).toBe("en");
  expect(detectLanguage([document("")])).toBe("en");
});
