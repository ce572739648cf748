import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { formatHtmlReport, formatReport } from "@devora/rag/evaluation";
import { readCorpus } from "./corpus.ts";
import { evaluateRag, type Runs, runsOf } from "./evaluate-rag.ts";
import { InputError } from "./input-error.ts";
import { detectLanguage, type EvalLanguage } from "./language.ts";
import { progressOn } from "./progress.ts";

const usage = `Usage: pnpm eval:rag --corpus <folder> [--lang en|fr] [--run name=file.tsv]… [--report file.html] [--json]

  --corpus  folder with corpus.jsonl {id, title, text}, queries.jsonl {id, text} and qrels.tsv
  --lang    language of the corpus, en or fr. Default: told from its words
  --run     recorded answers as a further retriever: header; query-id, corpus-id, rank, score.
            May be given more than once; run-epitca-v2.tsv in the folder is taken by itself
  --report  writes an HTML page as well
  --json    prints the whole report as JSON

DATABASE_URL names the server, where a database is made and dropped again; without it an embedded one is used.`;

interface RagOptions {
  readonly corpus: string;
  readonly language: EvalLanguage | undefined;
  readonly runs: Runs;
  readonly report: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws {InputError} */
export function parseRagOptions(args: readonly string[]): RagOptions {
  const { corpus = "", lang, run, report, json, help } = read(args);
  if (!help && corpus === "")
    throw new InputError("--corpus is missing. Pass the folder of a test collection.");
  if (lang !== undefined && lang !== "en" && lang !== "fr")
    throw new InputError(`--lang must be en or fr; received ${JSON.stringify(lang)}.`);
  const runs = run.map((text): [string, string] => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || file === undefined || ["search", "embeddings"].includes(name))
      throw new InputError(
        `--run must be name=file.tsv, with a name of its own; received ${JSON.stringify(text)}.`,
      );
    return [name, file];
  });
  return { corpus, language: lang, runs: Object.fromEntries(runs), report, json, help };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((argument) => argument !== "--"),
      options: {
        corpus: { type: "string" },
        lang: { type: "string" },
        run: { type: "string", multiple: true, default: [] },
        report: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    // An unknown option, one without its value, or an argument that is no option: Node's message says which.
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<void> {
  const progress = progressOn(process.stderr);
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const { corpus: folder, language, runs, report: file, json, help } = parseRagOptions(process.argv.slice(2));
  if (help) return print(usage);
  const corpus = await readCorpus(folder);
  const report = await evaluateRag(corpus, {
    language: language ?? detectLanguage(corpus.documents),
    runs: { ...runsOf(folder), ...runs },
    progress,
  });
  progress.say(`${report.questions} questions asked`);
  print(json ? JSON.stringify(report, null, 2) : formatReport(report));
  if (file !== undefined)
    await writeFile(file, formatHtmlReport(report, { title: `Retrieval on ${basename(folder)}` }));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`eval:rag: ${error.message}\n\n${usage}\n`);
    process.exitCode = 2;
  }
}
