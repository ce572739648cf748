import { migrate } from "@devora/db-schema";
import { openScratchDatabase } from "../scratch-database.ts";
import type { Corpus } from "./corpus.ts";
import type { Engine } from "./engine.ts";
import { loadArticles } from "./engines/articles.ts";
import { devoraEngine } from "./engines/devora.ts";
import { miniSearchEngine } from "./engines/minisearch.ts";
import { tsRankEngine } from "./engines/ts-rank.ts";
import { winkEngine, winkMinDocuments } from "./engines/wink.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import type { EvalLanguage } from "./language.ts";
import type { Progress } from "./progress.ts";

/** All engines on the same corpus, one after the other; the database is made for it and dropped again. */
export async function compareEngines(
  { documents, queries }: Corpus,
  language: EvalLanguage,
  progress: Progress,
): Promise<{ devora: Evaluation; miniSearch: Evaluation; others: Evaluation[] }> {
  const database = await openScratchDatabase();
  const { db } = database;
  try {
    progress.say(
      `loading ${documents.length} documents into ${database.url ? "a database of the server" : "an embedded database"} …`,
    );
    await migrate({ ...database.target, modules: ["core", "search"] });
    const corpus = { documents, language };
    await loadArticles(db, corpus);
    const run = async (engine: Engine): Promise<Evaluation> => {
      const start = performance.now();
      const result = await evaluate(engine, queries, (done) =>
        progress.show(`${engine.name}: ${done} of ${queries.length} queries`),
      );
      progress.say(
        `${engine.name}: ${queries.length} queries in ${((performance.now() - start) / 1000).toFixed(1)} s`,
      );
      return result;
    };
    const devora = await run(devoraEngine(db));
    const miniSearch = await run(miniSearchEngine(corpus));
    const others: Evaluation[] = [];
    if (documents.length >= winkMinDocuments) others.push(await run(winkEngine(corpus)));
    else progress.say(`wink-bm25 is left out: it needs ${winkMinDocuments} documents`);
    others.push(await run(tsRankEngine(db, language)));
    return { devora, miniSearch, others };
  } finally {
    await database.close();
  }
}
