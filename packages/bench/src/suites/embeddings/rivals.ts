import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { vectorOf } from "./chunks.ts";
import type { OpenStore } from "./store.ts";
import { dimensions } from "./vectors.ts";

/** Packages of a folder of their own: 280 packages and 300 MB, which no clone should have to install. */
const folder = new URL("../../../rivals/", import.meta.url);
const load = createRequire(new URL("package.json", folder));

export const rivalsAreInstalled = (): boolean => existsSync(new URL("node_modules/", folder));
export const howToInstallRivals =
  "pnpm --dir packages/bench/rivals --ignore-workspace install --frozen-lockfile";

const hnsw = { m: 16, efConstruction: 64 };

interface Document {
  pageContent: string;
  metadata: { index: number };
}

interface LangChainStore {
  createHnswIndex(config: { dimensions: number; m: number; efConstruction: number }): Promise<void>;
  addDocuments(documents: Document[]): Promise<void>;
  similaritySearchWithScore(query: string, limit: number): Promise<[Document, number][]>;
  end(): Promise<void>;
}

interface LangChain {
  PGVectorStore: { initialize(embeddings: unknown, config: unknown): Promise<LangChainStore> };
}

/**
 * `PGVectorStore` of `@langchain/community`, as its documentation has it: `initialize` with the dimensions, without
 * which its searches use no index, `createHnswIndex`, `addDocuments`.
 */
export const openLangChain: OpenStore = async (url, chunks) => {
  const { PGVectorStore } = load("@langchain/community/vectorstores/pgvector") as LangChain;
  const byText = new Map(chunks.map(({ text, vector }) => [text, vector]));
  const embedQuery = async (text: string) => byText.get(text) ?? vectorOf(text);
  const embeddings = { embedQuery, embedDocuments: (texts: string[]) => Promise.all(texts.map(embedQuery)) };
  const postgresConnectionOptions = { connectionString: url };
  const store = await PGVectorStore.initialize(embeddings, {
    postgresConnectionOptions,
    tableName: "documents",
    dimensions,
    distanceStrategy: "cosine",
  });
  const documentsOf = (added: typeof chunks) =>
    added.map(({ index, text }) => ({ pageContent: text, metadata: { index } }));
  const buildIndex = () => store.createHnswIndex({ dimensions, ...hnsw });
  return {
    name: "LangChain",
    async load(loaded, order) {
      if (order === "index first") await buildIndex();
      await store.addDocuments(documentsOf(loaded));
      if (order === "index last") await buildIndex();
    },
    add: (added) => store.addDocuments(documentsOf(added)),
    async search(query, limit) {
      const found = await store.similaritySearchWithScore(query, limit);
      return found.map(([document]) => document.metadata.index);
    },
    close: () => store.end(),
  };
};

interface MastraStore {
  createIndex(params: unknown): Promise<void>;
  buildIndex(params: unknown): Promise<void>;
  upsert(params: unknown): Promise<string[]>;
  query(params: unknown): Promise<{ metadata: { index: number } }[]>;
  disconnect(): Promise<void>;
}

interface Mastra {
  PgVector: new (config: { id: string; connectionString: string }) => MastraStore;
}

/** `PgVector` of `@mastra/pg`, as its documentation has it: `createIndex`, `upsert` with the text as metadata. */
export const openMastra: OpenStore = async (connectionString) => {
  const { PgVector } = load("@mastra/pg") as Mastra;
  const store = new PgVector({ id: "bench", connectionString });
  const index = { indexName: "documents", metric: "cosine", indexConfig: { type: "hnsw", hnsw } };
  const upsert: (added: Parameters<OpenStore>[1]) => Promise<unknown> = (added) =>
    store.upsert({
      indexName: "documents",
      vectors: added.map(({ vector }) => vector),
      metadata: added.map(({ index, text }) => ({ index, text })),
    });
  return {
    name: "Mastra",
    async load(loaded, order) {
      await store.createIndex({ ...index, dimension: dimensions, buildIndex: order === "index first" });
      await upsert(loaded);
      if (order === "index last") await store.buildIndex(index);
    },
    add: async (added) => void (await upsert(added)),
    async search(query, limit) {
      const found = await store.query({ indexName: "documents", queryVector: vectorOf(query), topK: limit });
      return found.map(({ metadata }) => metadata.index);
    },
    close: () => store.disconnect(),
  };
};
