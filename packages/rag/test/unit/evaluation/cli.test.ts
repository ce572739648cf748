import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCommandLine } from "../../../src/cli/arguments.ts";
import { createProgress } from "../../../src/cli/progress.ts";
import { run } from "../../../src/cli/run.ts";

const bin = fileURLToPath(new URL("../../../src/bin.ts", import.meta.url));
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "devora-rag-"));
  const config = `
    import { writeFileSync } from "node:fs";
    const passage = (id, score) => ({ id, source: "files", entityId: id, title: id, text: id, start: 0, end: id.length, score });
    const answering = (...ids) => ({ retrieve: async () => ({ passages: ids.map((id, n) => passage(id, 1 - n / 10)), complete: true }) });
    export default async () => ({
      retrievers: { good: answering("a", "b"), bad: { retriever: answering("b", "a"), weight: 3 } },
      ownerId: "alice",
      close: () => writeFileSync(new URL("./closed", import.meta.url), "yes"),
    });`;
  await writeFile(join(folder, "rag.config.mjs"), config);
  await writeFile(join(folder, "object.mjs"), "export default { retrievers: [] , ownerId: '' };");
  await writeFile(join(folder, "empty.mjs"), "export const nothing = 1;");
  await writeFile(join(folder, "broken.mjs"), "throw new TypeError('no key');");
  await writeFile(join(folder, "missing.mjs"), "import './not-there.mjs'; export default {};");
  const line = JSON.stringify({ query: "secret question", relevant: ["files/a"] });
  await writeFile(join(folder, "questions.jsonl"), `${line}\n`);
  await writeFile(join(folder, "bad.jsonl"), `${line}\nsecret\n`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the real command as a process of its own, without a terminal, in the folder. */
async function cli(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ["--conditions=@devora/source", bin, ...args], { cwd: folder });
  const outcome = { code: null as number | null, out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    outcome.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    outcome.err += chunk;
  });
  outcome.code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return outcome;
}
const evaluation = ["evaluate", "--config", "rag.config.mjs", "--questions", "questions.jsonl"];

describe("as a process", () => {
  test("below the bar: 1, the table on stdout, why on stderr, and the host's connections closed", async () => {
    // The heavier retriever puts a second: 1/log2(3) = .631.
    const { code, out, err } = await cli(...evaluation, "--min-ndcg", ".64", "--report", "report.html");
    expect(code).toBe(1);
    expect(out).toMatch(/^good +1\.000/m);
    expect(out).toMatch(/^configured: rrf, good 1, bad 3 +0\.631/m);
    expect(err).toContain("questions: 1/1");
    expect(err).toContain(
      "nDCG@10 of the configured fusion (rrf, good 1, bad 3) is 0.631, below --min-ndcg 0.64: failed.",
    );
    expect(await readFile(join(folder, "closed"), "utf8")).toBe("yes");
    expect(await readFile(join(folder, "report.html"), "utf8")).toContain("secret question");
  });

  test("at the bar: 0; with --json nothing but the report on stdout", async () => {
    const { code, out, err } = await cli(
      ...evaluation,
      "--min-ndcg",
      "0.63",
      "--json",
      "--k",
      "2",
      "--seed",
      "7",
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      k: 2,
      seed: 7,
      questions: 1,
      configured: { weights: { good: 1, bad: 3 }, scores: { ndcg: { mean: expect.closeTo(0.6309, 3) } } },
    });
    expect(err).toContain(": passed.");
  });

  test("a broken file: 2, where and what, no stack and no question", async () => {
    const { code, out, err } = await cli(
      "evaluate",
      "--config",
      "rag.config.mjs",
      "--questions",
      "bad.jsonl",
    );
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe("INVALID_QUESTIONS: bad.jsonl, line 2: not JSON.\n");
  });
});

/** The command line within this process. */
async function answer(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(
    args.map((argument) => (/\.(mjs|jsonl)$/.test(argument) ? join(folder, argument) : argument)),
    {
      print: (line) => out.push(line),
      note: (line) => err.push(line),
      progress: () => ({ update() {}, close() {} }),
    },
  );
  return { code, out: out.join("\n"), err: err.join("\n") };
}

test.each([
  [[], 2, "Usage: devora-rag"],
  [["nonsense"], 2, "Name a command first"],
  [["evaluate"], 2, "--config is missing"],
  [["evaluate", "--config", "rag.config.mjs"], 2, "Name one source of questions"],
  [[...evaluation, "--corpus", "x"], 2, "Name one source of questions"],
  [[...evaluation, "--nope"], 2, "--nope"],
  [[...evaluation, "--k", "0"], 2, "--k must be a whole number from 1 to 100"],
  [[...evaluation, "--min-ndcg", "2"], 2, "--min-ndcg must be a number from 0 to 1"],
  [[...evaluation, "--min-ndcg", "x"], 2, "--min-ndcg must be"],
  [[...evaluation, "--seed", "-1"], 2, "--seed"],
  [["evaluate", "--config", "none.mjs", "--questions", "questions.jsonl"], 2, "cannot load"],
  [["evaluate", "--config", "empty.mjs", "--questions", "questions.jsonl"], 2, "must export by default"],
  [["evaluate", "--config", "object.mjs", "--questions", "questions.jsonl"], 2, "at least one retriever"],
  [["evaluate", "--config", "rag.config.mjs", "--questions", "none.jsonl"], 2, "ENOENT"],
  [["evaluate", "--config", "broken.mjs", "--questions", "questions.jsonl"], 1, "TypeError: no key"],
  [["evaluate", "--config", "missing.mjs", "--questions", "questions.jsonl"], 1, "not-there.mjs"],
  [["judge", "--config", "rag.config.mjs"], 2, "must answer `db`"],
  [["judge", "--config", "rag.config.mjs", "--since", "2026-02-30"], 2, "--since must be a day"],
  [["judge", "--config", "rag.config.mjs", "--depth", "101"], 2, "--depth must be"],
] as const)("%j: %i, %s", async (args, expected, message) => {
  const { code, out, err } = await answer(...args);
  expect([code, out]).toEqual([expected, ""]);
  expect(err).toContain(message);
  expect(err).not.toMatch(/\n\s+at /);
});

test("help and version are on stdout, 0", async () => {
  expect(await answer("evaluate", "--help")).toMatchObject({
    code: 0,
    out: expect.stringContaining("--min-ndcg"),
  });
  expect((await answer("--version")).out).toMatch(/^\d+\.\d+\.\d+$/);
});

test("every option of the help is one of its command", async () => {
  const { out } = await answer("--help");
  const [, evaluateHelp = "", judgeHelp = ""] = out.split(/^devora-rag /m);
  for (const [command, text] of [
    ["evaluate", evaluateHelp],
    ["judge", judgeHelp],
  ] as const) {
    const options = [...text.matchAll(/^ {2}(--[\w-]+)( <)?/gm)];
    expect(options.length).toBeGreaterThan(2);
    for (const [, option = "", takesValue] of options)
      expect(() => parseCommandLine([command, option, ...(takesValue ? ["1"] : [])])).not.toThrow();
  }
});

test("progress is a bar that is taken off in a terminal, and a line each quarter elsewhere", () => {
  const written = (isTTY: boolean) => {
    const texts: string[] = [];
    const progress = createProgress(
      { isTTY, write: (text: string) => texts.push(text) } as unknown as NodeJS.WriteStream,
      "questions",
    );
    for (let done = 1; done <= 8; done++) progress.update(done, 8);
    progress.close();
    progress.close();
    return texts;
  };
  expect(written(false)).toEqual([
    "questions: 2/8\n",
    "questions: 4/8\n",
    "questions: 6/8\n",
    "questions: 8/8\n",
  ]);
  const bar = written(true);
  expect(bar).toHaveLength(9);
  expect(bar[3]).toBe(`\rquestions ${"█".repeat(15)}${"░".repeat(15)} 4/8`);
  expect(bar.at(-1)).toBe("\r\x1b[K");
});
