import { clusterOf, pairedBootstrap } from "@devora/rag/evaluation";
import { compareEngines } from "./compare-engines.ts";
import { readCorpus } from "./corpus.ts";
import { InputError } from "./input-error.ts";
import { detectLanguage } from "./language.ts";
import { parseOptions, usage } from "./options.ts";
import { progressOn } from "./progress.ts";
import { formatInterval, formatScores } from "./report.ts";

const progress = progressOn(process.stderr);
const print = (text: string) => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    print(usage);
    return 0;
  }
  const read = await readCorpus(options.corpus);
  const corpus = { ...read, queries: read.queries.slice(0, options.limitQueries) };
  const language = options.language ?? detectLanguage(corpus.documents);
  progress.say(
    `${corpus.documents.length} documents in ${language === "fr" ? "French" : "English"}${options.language ? "" : " (told from their words)"}, ${corpus.queries.length} judged queries`,
  );
  if (corpus.unknownDocuments > 0) {
    progress.say(
      `${corpus.unknownDocuments} judgements name documents that corpus.jsonl does not have; they count as not found`,
    );
  }
  const { devora, miniSearch, others } = await compareEngines(corpus, language, progress);
  const interval = pairedBootstrap(
    devora.ndcgs,
    miniSearch.ndcgs,
    options.cluster ? { clusters: corpus.queries.map(({ grades }) => clusterOf(grades)) } : {},
  );
  const verdict = formatInterval(
    "Devora",
    "MiniSearch",
    interval,
    options.cluster ? "distinct sets of relevant documents" : "queries",
  );
  const scores = [devora, miniSearch, ...others].map((evaluation) => evaluation.scores);
  print(options.json ? JSON.stringify(scores, null, 2) : `${formatScores(scores)}\n\n${verdict}`);
  if (options.json) progress.say(verdict);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  progress.say(`eval:search: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
