import type { Database } from "@devora/db-schema";
import { createEmbeddings, defineSource } from "@devora/embeddings";
import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { knowingEmbedder, queryOf, textOf, vectorOf } from "./chunks.ts";
import { buildIndex, createNotes, insertNotes, notes } from "./devora-store.ts";
import { editRows } from "./edits.ts";
import { exactNeighbours, recallOf } from "./exact-neighbours.ts";

const limit = 10;
const queries = Array.from({ length: 50 }, (_, at) => queryOf(at));

/** Whose row it is: .1 % are of one user, 2 % of another, half of a third, the rest of a thousand others. */
export function ownerOf(index: number): string {
  const part = (index * 7_919) % 1_000;
  if (part < 1) return "owner of .1 %";
  if (part < 21) return "owner of 2 %";
  if (part < 521) return "owner of half";
  return `owner ${index % 1_000}`;
}

/** Searches of users who own more or less of a large table, as `devora_app` under row level security. */
export async function ownerRows(
  db: Database,
  count: number,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  await createNotes(db);
  await insertNotes(
    db,
    Array.from({ length: count }, (_, index) => ({ index, text: textOf(index) })),
    ownerOf,
  );
  await db.execute("vacuum (analyze) notes");
  const source = defineSource({
    name: "notes",
    table: notes,
    id: notes.id,
    owner: notes.owner,
    text: notes.body,
    language: "en",
  });
  const embeddings = createEmbeddings({ db, embedder: knowingEmbedder(), sources: [source] });
  let next = 0;
  await embeddings.embedAll({
    onProgress: ({ entities }) => {
      if (entities < next) return;
      log(`embedded ${entities.toLocaleString("en")} rows`);
      next += count / 5;
    },
  });
  log("building the index …");
  await buildIndex(db);
  // As autovacuum would some time later.
  await db.execute("vacuum (analyze) devora.embeddings");
  await db.execute("vacuum (analyze) devora.chunks");

  const rows: BenchRow[] = [];
  const many = count.toLocaleString("en");
  for (const ownerId of ["owner of .1 %", "owner of 2 %", "owner of half"]) {
    const found: number[][] = [];
    const times: number[] = [];
    for (const timed of [false, true]) {
      for (const query of queries) {
        const start = performance.now();
        const { passages } = await embeddings.retrieve({ query, ownerId, limit });
        if (timed) times.push(performance.now() - start);
        else found.push(passages.map((passage) => Number(passage.entityId)));
      }
    }
    const truth = exactNeighbours(ownVectors(count, ownerId), queries.map(vectorOf), limit);
    const of = `${ownerId} of ${many} chunks`;
    const facts = { suite: "embeddings" } as const;
    rows.push(
      toRow({
        ...facts,
        name: `retrieve, ${of}: fewest of ${limit} found`,
        measured: Math.min(...found.map((hits) => hits.length)),
        unit: "passages",
        goal: limit,
        better: "higher",
      }),
      toRow({
        ...facts,
        name: `retrieve, ${of}: recall@${limit}`,
        measured: recallOf(truth, found),
        unit: "0..1",
        goal: 0.98,
        better: "higher",
      }),
      toRow({
        ...facts,
        name: `retrieve, ${of}: p50 without an API`,
        measured: percentile(times, 0.5),
        unit: "ms",
        goal: 30,
      }),
    );
  }
  return [...rows, ...(await editRows(db, count))];
}

function* ownVectors(count: number, ownerId: string) {
  for (let index = 0; index < count; index++) {
    if (ownerOf(index) === ownerId) yield { index, vector: vectorOf(String(index)) };
  }
}
