import type { Database } from "@devora/db-schema";
import { withService } from "@devora/db-schema";
import { createEmbeddings, defineSource } from "@devora/embeddings";
import { eq } from "drizzle-orm";
import { type BenchRow, toRow } from "../../row.ts";
import { knowingEmbedder, textOf } from "./chunks.ts";
import { insertNotes, notes } from "./devora-store.ts";

const edits = 1_000;

/** What a row costs that is saved again and again: texts sent to the embedder. */
export async function editRows(db: Database, index: number): Promise<BenchRow[]> {
  const embedder = knowingEmbedder();
  const source = defineSource({
    name: "edited",
    table: notes,
    id: notes.id,
    text: notes.body,
    where: eq(notes.id, index),
  });
  const embeddings = createEmbeddings({ db, embedder, sources: [source] });
  const worker = embeddings.createWorker();
  await insertNotes(db, [{ index, text: textOf(index) }]);
  const save = (body: string) =>
    withService(db, async (tx) => {
      await tx.update(notes).set({ body }).where(eq(notes.id, index));
      await embeddings.enqueue({ source: "edited", ids: [index] }, { db: tx });
    });
  const textsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = embedder.texts;
    await work();
    while ((await worker.runOnce()).claimed > 0);
    return embedder.texts - before;
  };
  const edited = await textsOf(async () => {
    for (let edit = 1; edit <= edits; edit++) await save(`${textOf(index)} Edit ${edit}.`);
  });
  const unchanged = await textsOf(() => save(`${textOf(index)} Edit ${edits}.`));
  const facts = { suite: "embeddings", unit: "texts" };
  return [
    toRow({
      ...facts,
      name: `embedded after ${edits.toLocaleString("en")} edits of a row`,
      measured: edited,
      goal: 1,
    }),
    toRow({ ...facts, name: "embedded after a save without a change", measured: unchanged, goal: 0 }),
  ];
}
