import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readCorpus } from "../../eval/corpus.ts";
import { evaluateRag, runsOf } from "../../eval/evaluate-rag.ts";
import type { EvalLanguage } from "../../eval/language.ts";
import { type BenchRow, toRow } from "../../row.ts";

/** Test collections, kept beside the project; each states its source and licence. */
const data = new URL("../../../../../../shared/data/", import.meta.url);
const collections: readonly { name: string; folder: string; language: EvalLanguage }[] = [
  { name: "CNIL", folder: "fr-cnil-faq", language: "fr" },
  { name: "Cranfield", folder: "cranfield", language: "en" },
];

/**
 * nDCG@10 of search, offline embeddings and recorded runs, alone and fused, beside the best of those alone. Without
 * goals: the offline embedder finds words, as search does, so that fusion has little to add.
 */
export async function qualityRows(log: (text: string) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, folder, language } of collections) {
    const path = fileURLToPath(new URL(folder, data));
    if (!existsSync(path)) {
      log(`${name} is left out: no folder ${path}`);
      continue;
    }
    const progress = { say: (text: string) => log(`${name}: ${text}`), show: () => {} };
    const report = await evaluateRag(await readCorpus(path), { language, runs: runsOf(path), progress });
    const { retrievers, fusions, tuned, bestRetriever } = report;
    const best =
      retrievers.find((retriever) => retriever.name === bestRetriever)?.scores.ndcg.mean ?? Number.NaN;
    const row = (system: string, measured: number, peer: number) =>
      toRow({
        suite: "rag",
        name: `nDCG@10 of ${name}, ${system}`,
        measured,
        peer,
        unit: "0..1",
        better: "higher",
      });
    rows.push(
      ...retrievers.map((retriever) => row(`${retriever.name} alone`, retriever.scores.ndcg.mean, best)),
      ...fusions.map(({ method, scores }) => row(`${method}, equal weights`, scores.ndcg.mean, best)),
      ...(tuned
        ? [row("tuned, on the half not tuned on", tuned.test.chosen.ndcg.mean, tuned.test.best.ndcg.mean)]
        : []),
    );
  }
  return rows;
}
