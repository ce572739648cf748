import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import type { Database } from "@devora/db-schema";
import type { Tracer as OpenTelemetryTracer } from "@opentelemetry/api";
import { countTokens } from "gpt-tokenizer";
import type OpenAI from "openai";
import { expectTypeOf, test } from "vitest";
import {
  type AiSdkLanguageModel,
  type AnswerPart,
  createRag,
  type Generator,
  type HistoryStore,
  llmReranker,
  type OpenAIChatClient,
  openaiGenerator,
  type Rag,
  type Reranker,
  type RerankerOptions,
  type Retriever,
  type RetrieverOptions,
  type TokenCounter,
  type Tracer,
} from "../../src/index.ts";

test("the client of the openai package fits without a cast", () => {
  expectTypeOf<OpenAI>().toExtend<OpenAIChatClient>();
  expectTypeOf(openaiGenerator).toBeCallableWith({} as OpenAI, { model: "gpt-4o-mini" });
});

test("a language model of the AI SDK fits without a cast, in each version of its specification", () => {
  expectTypeOf<LanguageModelV2>().toExtend<AiSdkLanguageModel>();
  expectTypeOf<LanguageModelV3>().toExtend<AiSdkLanguageModel>();
  expectTypeOf<LanguageModelV4>().toExtend<AiSdkLanguageModel>();
  expectTypeOf<{ modelId: string; provider: string; doEmbed(): void }>().not.toExtend<AiSdkLanguageModel>();
});

/** A retriever as another package would declare it, with names and options of its own. */
interface RichRetriever {
  retrieve(options: {
    query: string;
    ownerId?: string | undefined;
    allOwners?: boolean | undefined;
    limit?: number | undefined;
    sources?: readonly string[] | undefined;
    signal?: AbortSignal | undefined;
    db?: Database | undefined;
  }): Promise<{
    passages: {
      id: string;
      source: "projects" | "messages";
      entityId: string;
      title: string;
      text: string;
      start: number;
      end: number;
      score: number;
      updatedAt: Date | null;
      distance: number;
    }[];
    complete: boolean;
    tookMs: number;
  }>;
  search(query: string): Promise<unknown>;
}

test("a retriever of another package fits by structure, with and without settings", () => {
  expectTypeOf<RichRetriever>().toExtend<Retriever>();
  expectTypeOf<{ retriever: RichRetriever; weight: number }>().toExtend<RetrieverOptions>();
  expectTypeOf(createRag).toBeCallableWith({ retrievers: { keyword: {} as RichRetriever } });
});

test("a tracer of OpenTelemetry fits without a cast", () => {
  expectTypeOf<OpenTelemetryTracer>().toExtend<Tracer>();
  expectTypeOf(createRag).toBeCallableWith({
    retrievers: { keyword: {} as RichRetriever },
    tracer: {} as OpenTelemetryTracer,
  });
});

test("what lacks something does not fit", () => {
  expectTypeOf<{ search: () => void }>().not.toExtend<Retriever>();
  expectTypeOf<{
    retrieve(): Promise<{ passages: { id: string }[]; complete: true }>;
  }>().not.toExtend<Retriever>();
  expectTypeOf<{ recent(): Promise<{ role: "robot"; content: string }[]> }>().not.toExtend<HistoryStore>();
  expectTypeOf<{ completions: object }>().not.toExtend<OpenAIChatClient>();
});

test("a tokenizer's function is a counter", () => {
  expectTypeOf({ count: countTokens }).toExtend<TokenCounter>();
});

test("a reranker of another package fits by structure, and what lacks scores does not", () => {
  interface CrossEncoder {
    rerank(call: {
      query: string;
      passages: readonly { id: string; text: string }[];
      signal?: AbortSignal;
    }): Promise<{ scores: { id: string; score: number; rank: number }[]; model: string }>;
  }
  expectTypeOf<CrossEncoder>().toExtend<Reranker>();
  expectTypeOf<{ reranker: CrossEncoder; passages: number }>().toExtend<RerankerOptions>();
  expectTypeOf(createRag).toBeCallableWith({ retrievers: {}, reranker: {} as CrossEncoder });
  expectTypeOf(createRag).toBeCallableWith({ retrievers: {}, reranker: llmReranker({} as Generator) });
  expectTypeOf<{ rerank(): Promise<{ results: number[] }> }>().not.toExtend<Reranker>();
});

test("answer parts are told apart by their type", () => {
  expectTypeOf<ReturnType<Rag["answer"]>>().toEqualTypeOf<AsyncIterable<AnswerPart>>();
  expectTypeOf<AnswerPart["type"]>().toEqualTypeOf<
    "context" | "text" | "citation" | "unsupported-citation" | "unknown-citation" | "not-found" | "done"
  >();
  expectTypeOf<Extract<AnswerPart, { type: "citation" }>["sourceId"]>().toEqualTypeOf<string>();
});
