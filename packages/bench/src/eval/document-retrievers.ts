import { createHash } from "node:crypto";
import { type Database, documents, withUser } from "@devora/db-schema";
import { createEmbeddings, devoraSources, hashingEmbedder } from "@devora/embeddings";
import type { Retriever } from "@devora/rag";
import { chunkPassages, createSearch, installSearch } from "@devora/search";
import { sql } from "drizzle-orm";
import type { CorpusDocument } from "./corpus.ts";
import type { EvalLanguage } from "./language.ts";

/** Who owns the documents of a corpus. */
export const reader = "reader";

/**
 * Stores a corpus as documents, cut and embedded offline, and answers the retrievers of both packages over its passages.
 * Each document counts by its best passage, under its id in the corpus, so that recorded runs, which know documents
 * alone, can be fused with them.
 */
export async function documentRetrievers(
  db: Database,
  corpus: readonly CorpusDocument[],
  language: EvalLanguage,
): Promise<{ search: Retriever; embeddings: Retriever }> {
  await installSearch(db, [chunkPassages.rows]);
  const ids = await storeDocuments(db, corpus, language);
  const sources = devoraSources.filter(({ name }) => name === "documents");
  const embeddings = createEmbeddings({ db, embedder: hashingEmbedder(), sources });
  await embeddings.embedAll();
  const search = createSearch({ db, sources: [chunkPassages.rows], passages: chunkPassages });
  await search.refreshStatistics();
  await db.execute(sql`analyze`);
  return { search: byDocument(search, ids), embeddings: byDocument(embeddings, ids) };
}

/** Ids in the corpus by those in the database. */
async function storeDocuments(
  db: Database,
  corpus: readonly CorpusDocument[],
  language: EvalLanguage,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (let from = 0; from < corpus.length; from += 200) {
    const part = corpus.slice(from, from + 200).map(({ id, title, text }) => ({
      ownerId: reader,
      uri: id,
      title: storable(title),
      content: storable(text),
      contentHash: createHash("sha256").update(text).digest("hex"),
      language,
    }));
    const stored = await withUser(db, reader, (tx) =>
      tx.insert(documents).values(part).returning({ id: documents.id, uri: documents.uri }),
    );
    for (const { id, uri } of stored) ids.set(id, uri);
  }
  return ids;
}

/** PostgreSQL's text holds neither U+0000 nor half a character. */
const storable = (text: string): string => text.replaceAll("\0", " ").toWellFormed();

const byDocument = (retriever: Pick<Retriever, "retrieve">, ids: ReadonlyMap<string, string>): Retriever => ({
  async retrieve(call) {
    const { passages, complete } = await retriever.retrieve(call);
    const best = new Map(passages.toReversed().map((passage) => [passage.entityId, passage]));
    const documents = [...best.values()]
      .reverse()
      .map((passage) => ({ ...passage, entityId: ids.get(passage.entityId) ?? passage.entityId }))
      .map((passage) => ({ ...passage, id: passage.entityId }))
      .sort((a, b) => b.score - a.score);
    return { passages: documents, complete };
  },
});
