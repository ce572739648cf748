import type { Database } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Embedder } from "../../src/index.ts";
import { asServiceRows } from "./rows.ts";

/**
 * What is stored of a source's rows: the texts by row, and how many vectors are not those of their text, or lack, or
 * come twice. For passages that begin with their title, so that the text is what was embedded.
 */
export async function storedOf(db: Database, source: string, embedder: Pick<Embedder, "embed">) {
  const rows = await asServiceRows<{ entity_id: string; text: string; vectors: string[] }>(
    db,
    sql`
      select chunk.entity_id, chunk.text,
        array(select e.embedding::text from devora.embeddings e where e.chunk_id = chunk.id) as vectors
      from devora.chunks as chunk
      where chunk.source = ${source}::text
      order by chunk.entity_id, chunk.ordinal`,
  );
  const { embeddings } = await embedder.embed(rows.map((row) => row.text));
  const wrong = rows.filter(({ vectors }, at) => {
    const [only, ...others] = vectors.map((vector) => JSON.parse(vector) as number[]);
    return only === undefined || others.length > 0 || cosine(only, embeddings[at] ?? []) < 0.999;
  });
  return { texts: rows.map(({ entity_id, text }) => [entity_id, text] as const), wrong: wrong.length };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b) || 1);
}
