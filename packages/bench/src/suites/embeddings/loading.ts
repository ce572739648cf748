import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { openScratchDatabase } from "../../scratch-database.ts";
import { type Chunk, chunksFrom, queryOf, vectorOf } from "./chunks.ts";
import { copyFloor } from "./copy-floor.ts";
import { openDevora } from "./devora-store.ts";
import { exactNeighbours, recallOf } from "./exact-neighbours.ts";
import { openLangChain, openMastra, rivalsAreInstalled } from "./rivals.ts";
import type { IndexOrder, OpenStore, Store } from "./store.ts";

const added = 1_000;
const asked = 100;
const limit = 10;
const queries = Array.from({ length: asked }, (_, at) => queryOf(at));

interface Measured {
  loadMs: number;
  addMs: number;
  recall: number;
  p50Ms: number;
}

/** Loading, adding and searching, beside other libraries on the same server with the same vectors. */
export async function loadingRows(count: number, log: (text: string) => void): Promise<BenchRow[]> {
  const chunks = chunksFrom(0, count);
  const more = chunksFrom(count, added);
  const truth = exactNeighbours([...chunks, ...more], queries.map(vectorOf), limit);
  const run = async (open: OpenStore, order: IndexOrder): Promise<Measured> => {
    const measured = await inDatabase(open, chunks, (store) =>
      measureStore(store, { chunks, more, order, truth, log }),
    );
    return measured;
  };

  const ours = await run(openDevora, "index last");
  const facts = { suite: "embeddings" } as const;
  const rows: BenchRow[] = [];
  const many = count.toLocaleString("en");
  const compare = (name: string, order: IndexOrder, theirs: Measured, goal: number) => {
    rows.push(
      toRow({
        ...facts,
        name: `storing ${many} chunks: ${name}, ${order}, against ours (${seconds(ours.loadMs)})`,
        measured: theirs.loadMs / ours.loadMs,
        unit: "times ours",
        goal,
        better: "higher",
      }),
      toRow({
        ...facts,
        name: `adding ${added.toLocaleString("en")}, beside ${name}, ${order}`,
        measured: ours.addMs,
        unit: "ms",
        goal: theirs.addMs,
        peer: theirs.addMs,
      }),
      toRow({
        ...facts,
        name: `search p50, beside ${name}, ${order} (recall@${limit} ${theirs.recall.toFixed(3)})`,
        measured: ours.p50Ms,
        unit: "ms",
        goal: theirs.p50Ms,
        peer: theirs.p50Ms,
      }),
    );
  };
  if (rivalsAreInstalled()) {
    for (const [name, open] of [
      ["LangChain", openLangChain],
      ["Mastra", openMastra],
    ] as const) {
      compare(name, "index first", await run(open, "index first"), 3);
      compare(name, "index last", await run(open, "index last"), 1.5);
    }
  }
  const floor = await inScratch((url) => copyFloor(url, chunks));
  log(`COPY: ${seconds(floor)}`);
  rows.push(
    toRow({
      ...facts,
      name: `search recall@${limit} among ${many}`,
      measured: ours.recall,
      unit: "0..1",
      goal: 0.98,
      better: "higher",
    }),
    toRow({
      ...facts,
      name: `storing ${many} chunks, beside binary COPY of bare vectors, index last`,
      measured: ours.loadMs,
      unit: "ms",
      peer: floor,
    }),
  );
  return rows;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

async function measureStore(
  store: Store,
  {
    chunks,
    more,
    order,
    truth,
    log,
  }: {
    chunks: readonly Chunk[];
    more: readonly Chunk[];
    order: IndexOrder;
    truth: readonly ReadonlySet<number>[];
    log: (text: string) => void;
  },
): Promise<Measured> {
  const loadMs = await timeOf(() => store.load(chunks, order));
  const addMs = await timeOf(() => store.add(more));
  const found: number[][] = [];
  for (const query of queries) found.push(await store.search(query, limit));
  const times: number[] = [];
  for (const query of queries) times.push(await timeOf(() => store.search(query, limit)));
  const measured = { loadMs, addMs, recall: recallOf(truth, found), p50Ms: percentile(times, 0.5) };
  log(
    `${store.name}, ${order}: ${seconds(loadMs)}, ${added} more ${seconds(addMs)}, recall ${measured.recall.toFixed(3)}, p50 ${measured.p50Ms.toFixed(1)} ms`,
  );
  return measured;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const inDatabase = <T>(
  open: OpenStore,
  chunks: readonly Chunk[],
  work: (store: Store) => Promise<T>,
): Promise<T> =>
  inScratch(async (url) => {
    const store = await open(url, chunks);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  });

async function inScratch<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { url, close } = await openScratchDatabase();
  try {
    if (url === undefined) throw new Error("this suite needs a server: set DATABASE_URL");
    return await work(url);
  } finally {
    await close();
  }
}
