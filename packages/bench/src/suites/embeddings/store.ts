import type { Chunk } from "./chunks.ts";

/** When the HNSW index (m 16, ef_construction 64) is made: on the empty table, or over the rows. */
export type IndexOrder = "index first" | "index last";

/** One way to keep vectors in a database; each is measured in a database of its own. */
export interface Store {
  readonly name: string;
  /** From the empty table until all chunks are searchable by the index. */
  load(chunks: readonly Chunk[], order: IndexOrder): Promise<void>;
  /** Chunks beside those that are there, searchable when it ends. */
  add(chunks: readonly Chunk[]): Promise<void>;
  /** Indexes of the nearest chunks. @param query see `queryOf` */
  search(query: string, limit: number): Promise<number[]>;
  close(): Promise<void>;
}

export type OpenStore = (url: string, chunks: readonly Chunk[]) => Promise<Store>;
