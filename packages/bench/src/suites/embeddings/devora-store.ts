import { type Database, migrate, rowsOf, withService } from "@devora/db-schema";
import { createEmbeddings, defineSource, type EmbeddingsWorker } from "@devora/embeddings";
import { sql } from "drizzle-orm";
import { index, integer, pgTable, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { type Chunk, knowingEmbedder } from "./chunks.ts";
import type { OpenStore } from "./store.ts";

/** A table as a host has one. */
export const notes = pgTable(
  "notes",
  { id: integer("id").primaryKey(), owner: text("owner"), body: text("body").notNull() },
  (table) => [index("notes_owner_idx").on(table.owner)],
);

export async function createNotes(db: Database): Promise<void> {
  await db.execute(sql`create table notes (id integer primary key, owner text, body text not null)`);
  await db.execute(sql`create index notes_owner_idx on notes (owner)`);
  await db.execute(sql`grant select, insert, update on notes to devora_app, devora_service`);
}

/** @param ownerOf whose each note is; null for nobody's */
export async function insertNotes(
  db: Database,
  chunks: readonly Pick<Chunk, "index" | "text">[],
  ownerOf: (index: number) => string | null = () => null,
): Promise<void> {
  for (let at = 0; at < chunks.length; at += 5_000) {
    const rows = chunks
      .slice(at, at + 5_000)
      .map((chunk) => ({ id: chunk.index, owner: ownerOf(chunk.index), body: chunk.text }));
    await db.execute(sql`
      insert into notes (id, owner, body)
      select id, owner, body
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as note (id integer, owner text, body text)`);
  }
}

/**
 * Ours: rows of a table, `embedAll`, whose last step is the index; later rows by the queue. What a user waits for is
 * in the times: writing the rows, reading and cutting them, passages with their full-text index, and vectors.
 */
export const openDevora: OpenStore = async (url, chunks) => {
  await migrate({ url, modules: ["core", "embeddings"] });
  const client = postgres(url, { max: 4, onnotice: () => {} });
  const db = drizzle({ client }) as unknown as Database;
  await createNotes(db);
  const source = defineSource({
    name: "notes",
    table: notes,
    id: notes.id,
    text: notes.body,
    language: "en",
  });
  const embeddings = createEmbeddings({ db, embedder: knowingEmbedder(chunks), sources: [source] });
  return {
    name: "ours",
    async load(loaded) {
      await insertNotes(db, loaded);
      await embeddings.embedAll();
      await buildIndex(db);
    },
    async add(added) {
      await withService(db, async (tx) => {
        await insertNotes(tx, added);
        await embeddings.enqueue({ source: "notes", ids: added.map((chunk) => chunk.index) }, { db: tx });
      });
      // As in a service of two processes.
      await Promise.all([1, 2].map(() => drain(embeddings.createWorker({ batchSize: 100 }))));
    },
    async search(query, limit) {
      const { passages } = await embeddings.retrieve({ query, limit });
      return passages.map((passage) => Number(passage.entityId));
    },
    close: () => client.end(),
  };
};

async function drain(worker: EmbeddingsWorker): Promise<void> {
  while ((await worker.runOnce()).claimed > 0);
}

/** `embedAll` builds it from 10,000 vectors on; smaller runs want it as well, to measure the same. */
export async function buildIndex(db: Database): Promise<void> {
  await withService(db, async (tx) => {
    const models = await rowsOf(tx, sql`select id::integer from devora.embedding_models`);
    for (const { id } of models)
      await tx.execute(sql`select devora.ensure_embedding_index(${Number(id)}::integer)`);
  });
}
