import { type Database, migrate } from "@devora/db-schema";
import { createEmbeddings, defineSource, type Embedder, type Embeddings } from "@devora/embeddings";
import { chunkPassages, createSearch, installSearch } from "@devora/search";
import { sql } from "drizzle-orm";
import { seededRandom } from "../../random.ts";
import type { ScratchDatabase } from "../../scratch-database.ts";
import { vectorOf } from "../embeddings/chunks.ts";
import { buildIndex, createNotes, insertNotes, notes } from "../embeddings/devora-store.ts";
import { dimensions } from "../embeddings/vectors.ts";
import { createWriter } from "../search/texts.ts";
import { createVocabulary } from "../search/vocabulary.ts";
import { createWordUse, type WordUse } from "../search/word-use.ts";

const words = 60;
/** Who share the passages that are not the large user's. */
const users = 1_000;
export const largeUser = "large user";
export const ownerOf = (index: number): string =>
  index % 2 === 0 ? largeUser : `user ${Math.floor(index / 2) % users}`;

/** Passages of a thousand users and of one who has half of them, found by words and by vectors. */
export interface PassageStore {
  readonly search: ReturnType<typeof createSearch>;
  readonly embeddings: Embeddings<"notes">;
  readonly use: WordUse;
}

/** Fills an empty database: the same texts and clustered vectors each time, each text one passage of 60 words. */
export async function fillStore(
  { db, target }: ScratchDatabase,
  count: number,
  { embedder, log }: { embedder: Embedder; log: (text: string) => void },
): Promise<PassageStore> {
  await migrate(target);
  await installSearch(db, [chunkPassages.rows]);
  await createNotes(db);
  const use = await writeNotes(db, count);
  const source = defineSource({
    name: "notes",
    table: notes,
    id: notes.id,
    owner: notes.owner,
    text: notes.body,
    language: "en",
  });
  const embeddings = createEmbeddings({ db, embedder, sources: [source] });
  const search = createSearch({ db, passages: chunkPassages });
  let next = 0;
  await embeddings.embedAll({
    onProgress: ({ entities }) => {
      if (entities < next) return;
      log(`embedded ${entities.toLocaleString("en")} passages`);
      next += count / 5;
    },
  });
  log("building the index …");
  await buildIndex(db);
  log("counting words …");
  await search.refreshStatistics({ batchSize: 10_000 });
  // As autovacuum would some time later, and not while searches are timed.
  for (const table of ["embeddings", "chunks", "search_vocabulary", "search_words", "search_statistics"])
    await db.execute(sql`vacuum (analyze) devora.${sql.identifier(table)}`);
  await db.execute(sql`vacuum (analyze) notes`);
  return { search, embeddings, use };
}

async function writeNotes(db: Database, count: number): Promise<WordUse> {
  const vocabulary = createVocabulary(seededRandom(30_000));
  const use = createWordUse(vocabulary);
  const writer = createWriter(vocabulary, seededRandom(1), use.add);
  const texts = Array.from({ length: count }, (_, index) => {
    use.startRow(ownerOf(index) === largeUser);
    // The number says which vector is its.
    return { index, text: `${index}. ${writer.prose("en", words)}` };
  });
  await insertNotes(db, texts, ownerOf);
  return use;
}

/** Vectors of 1,536 dimensions that cost nothing when queries are asked: theirs are made before. */
export function freeEmbedder(queries: Map<string, readonly number[]>): Embedder {
  return {
    model: "clustered-vectors",
    dimensions,
    maxInputTokens: 8_191,
    embed: async (texts) => ({
      embeddings: texts.map((text) => [...(queries.get(text) ?? vectorOf(text))]),
      usage: { tokens: 0 },
    }),
  };
}
