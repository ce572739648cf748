import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compareEngines } from "../../eval/compare-engines.ts";
import { readCorpus } from "../../eval/corpus.ts";
import type { EvalLanguage } from "../../eval/language.ts";
import { type BenchRow, toRow } from "../../row.ts";

/** Test collections, kept beside the project; each states its source and licence. */
const data = new URL("../../../../../../shared/data/", import.meta.url);
const collections: readonly { name: string; folder: string; language: EvalLanguage; goal: number }[] = [
  { name: "Cranfield", folder: "cranfield", language: "en", goal: 0.37 },
  { name: "CNIL", folder: "fr-cnil-faq", language: "fr", goal: 0.62 },
];

/** Ranking quality on test collections, beside MiniSearch with stems on the same. */
export async function qualityRows(log: (text: string) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, folder, language, goal } of collections) {
    const path = fileURLToPath(new URL(folder, data));
    if (!existsSync(path)) {
      log(`${name} is left out: no folder ${path}`);
      continue;
    }
    const corpus = await readCorpus(path);
    const { devora, miniSearch } = await compareEngines(corpus, language, { say: () => {}, show: () => {} });
    const facts = { suite: "search", unit: "0..1", better: "higher" } as const;
    rows.push(
      toRow({
        ...facts,
        name: `nDCG@10 of ${name}, beside MiniSearch`,
        measured: devora.scores.ndcg10,
        goal,
        peer: miniSearch.scores.ndcg10,
      }),
      toRow({
        ...facts,
        name: `recall@100 of ${name}, beside MiniSearch`,
        measured: devora.scores.recall100,
        peer: miniSearch.scores.recall100,
      }),
    );
  }
  return rows;
}
