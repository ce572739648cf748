import { randomBytes } from "node:crypto";
import { type Analytics, createAnalytics } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import {
  createEmbeddings,
  type DevoraSourceName,
  type Embedder,
  type Embeddings,
  hashingEmbedder,
  openaiEmbedder,
} from "@devora/embeddings";
import { createMetrics, type Metrics } from "@devora/metrics";
import { createRag, openaiGenerator, type Rag } from "@devora/rag";
import {
  chunkPassages,
  createSearch,
  type devoraSources,
  type LogOptions,
  type Search,
} from "@devora/search";
import { countTokens } from "gpt-tokenizer";
import OpenAI from "openai";
import { messageHistory } from "./history.ts";
import type { HostOptions } from "./options.ts";

/** The six packages, wired: the only place where they meet. */
export interface Services {
  db: Database;
  analytics: Analytics;
  metrics: Metrics;
  search: Search<(typeof devoraSources)[number]>;
  /** The same, with its cursors, for results while a person types: what is half typed is no query yet. */
  unloggedSearch: Services["search"];
  embeddings: Embeddings<DevoraSourceName>;
  embedder: Embedder;
  rag: Rag;
  /** The model that writes answers, or why there is none. */
  chat: { model: string } | { unavailable: string };
}

export interface ServiceOptions extends Pick<HostOptions, "openai"> {
  /** Keeps queries, so that suggestions know a person's own; `full` keeps their text. */
  queryLog: LogOptions;
}

export function createServices(db: Database, { openai, queryLog }: ServiceOptions): Services {
  const client = openaiClient(openai);
  // Of one process. Several behind a balancer need one that they share.
  const cursorSecret = randomBytes(32).toString("base64url");
  const search = createSearch({ db, passages: chunkPassages, cursorSecret, log: queryLog });
  const embedder =
    client && openai.embeddingModel !== undefined
      ? openaiEmbedder(client, { model: openai.embeddingModel })
      : hashingEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  return {
    db,
    analytics: createAnalytics({ db }),
    metrics: createMetrics({ db }),
    search,
    unloggedSearch: createSearch({ db, passages: chunkPassages, cursorSecret }),
    embeddings,
    embedder,
    rag: createRag({
      retrievers: { keyword: search, semantic: embeddings },
      history: messageHistory(db),
      tokenCounter: { count: (text) => countTokens(text) },
      // The page shows answers as plain text, in which no link can form and backslashes would show.
      links: "keep",
      ...(client ? { generator: openaiGenerator(client, { model: openai.chatModel }) } : {}),
    }),
    chat: client
      ? { model: openai.chatModel }
      : {
          unavailable:
            "No language model is configured (OPENAI_API_KEY and OPENAI_BASE_URL are not set), so these are the passages that answer, not an answer.",
        },
  };
}

/** OpenAI, or any server that speaks its API at `baseUrl`; such a server may want no key. */
function openaiClient({ apiKey, baseUrl }: HostOptions["openai"]): OpenAI | undefined {
  if (apiKey === undefined && baseUrl === undefined) return undefined;
  return new OpenAI({ apiKey: apiKey ?? "none", ...(baseUrl === undefined ? {} : { baseURL: baseUrl }) });
}
