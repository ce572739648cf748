import type { Embeddings } from "@devora/embeddings";
import type { HistoryStore, Retriever } from "@devora/rag";
import type { DocumentIndexer } from "@devora/rag/documents";
import { expectTypeOf, test } from "vitest";
import type { messageHistory } from "../../src/history.ts";
import type { Services } from "../../src/services.ts";

test("search and embeddings offer rag the SQL of their retrievals", () => {
  expectTypeOf<Services["search"]>().toExtend<Required<Retriever>>();
  expectTypeOf<Services["embeddings"]>().toExtend<Required<Retriever>>();
  expectTypeOf<Embeddings>().toExtend<Required<Retriever>>();
});

test("search and embeddings fit rag's Retriever, and the host's history its HistoryStore, without adapters", () => {
  expectTypeOf<Services["search"]>().toExtend<Retriever>();
  expectTypeOf<Services["embeddings"]>().toExtend<Retriever>();
  expectTypeOf<Embeddings>().toExtend<Retriever>();
  expectTypeOf<ReturnType<typeof messageHistory>>().toExtend<HistoryStore>();
});

test("embeddings makes the passages of documents that rag takes in, without an adapter", () => {
  expectTypeOf<Services["embeddings"]>().toExtend<DocumentIndexer>();
  expectTypeOf<Embeddings>().toExtend<DocumentIndexer>();
});
