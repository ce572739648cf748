import { type Database, projects, withService, withUser } from "@devora/db-schema";
import { createEmbeddings, hashingEmbedder } from "@devora/embeddings";
import { createMetrics } from "@devora/metrics";
import { createRag } from "@devora/rag";
import { chunkPassages, createSearch } from "@devora/search";
import { and, count, desc, eq, isNull } from "drizzle-orm";
import { openBenchDatabase } from "../database.ts";
import { measure } from "../measure.ts";
import { type BenchRow, toRow } from "../row.ts";
import type { SuiteOptions } from "../suite.ts";

const suite = "overview";

/** What a person types: words of both languages, identifiers, whole questions. */
const queries = [
  "authentication",
  "application web react",
  "paiement Stripe",
  "comment déployer mon projet",
  "database schema for invoices",
  "How do I secure a REST API?",
  "getInvoiceById",
  "tableau de bord des ventes",
];
const queryOf = (run: number): string => queries[run % queries.length] ?? "";

/**
 * The path of a request, beside the figures that the replaced system reported at 150 users, 342 projects and 1,247
 * messages: its times are the goals. Whole calls, with scope, driver and decoding; embeddings by the hashing embedder.
 */
export async function overview({ size, log }: SuiteOptions): Promise<BenchRow[]> {
  const { db, close } = await openBenchDatabase(size, log);
  try {
    const search = createSearch({ db, passages: chunkPassages });
    const embeddings = createEmbeddings({ db, embedder: hashingEmbedder() });
    const metrics = createMetrics({ db });
    const rag = createRag({ retrievers: { keyword: search, semantic: embeddings } });

    log("embedding what is not embedded …");
    const start = performance.now();
    const { embeddedChunks } = await embeddings.embedAll();
    const seconds = (performance.now() - start) / 1000;
    if (embeddedChunks > 0) log(`${embeddedChunks} passages in ${seconds.toFixed(1)} s`);

    const ownerId = await largestOwner(db);
    const timings = await measure(
      {
        projectsPage: () => projectsPage(db, ownerId),
        searchAll: (run) => search.searchAll({ query: queryOf(run), ownerId }),
        searchProjects: (run) => search.searchProjects({ query: queryOf(run), ownerId }),
        searchConversations: (run) => search.searchConversations({ query: queryOf(run), ownerId }),
        searchMessages: (run) => search.searchMessages({ query: queryOf(run), ownerId }),
        semanticSearch: (run) => embeddings.semanticSearch({ queryText: queryOf(run), ownerId }),
        augmentQuery: (run) => rag.augmentQuery({ query: queryOf(run), userId: ownerId }),
        dashboard: () => metrics.getDashboardMetrics(),
      },
      { runs: 40, warmUp: 8 },
    );
    const row = (name: string, key: keyof typeof timings, published: number): BenchRow =>
      toRow({
        suite,
        name: `${name}, p50`,
        measured: timings[key].p50,
        unit: "ms",
        goal: published,
        peer: published,
      });
    return [
      row("a user's projects page", "projectsPage", 42),
      row("search over all sources", "searchAll", 35),
      row("search in projects", "searchProjects", 28),
      row("search in conversations", "searchConversations", 32),
      row("search in messages", "searchMessages", 42),
      row("semantic search, without an API", "semanticSearch", 280),
      row("context for a question (RAG), without an API", "augmentQuery", 280),
      row("dashboard", "dashboard", 125),
    ];
  } finally {
    await close();
  }
}

const projectsPage = (db: Database, ownerId: string) =>
  withUser(
    db,
    ownerId,
    (tx) =>
      tx
        .select({ id: projects.id, name: projects.name, createdAt: projects.createdAt })
        .from(projects)
        .where(and(eq(projects.userId, ownerId), isNull(projects.deletedAt)))
        .orderBy(desc(projects.createdAt), desc(projects.id))
        .limit(20),
    { readOnly: true },
  );

/** Whoever has the most projects: the slowest person to search for. */
async function largestOwner(db: Database): Promise<string> {
  const [owner] = await withService(db, (tx) =>
    tx
      .select({ id: projects.userId, projects: count() })
      .from(projects)
      .groupBy(projects.userId)
      .orderBy(desc(count()), projects.userId)
      .limit(1),
  );
  if (!owner) throw new Error("the population has no projects");
  return owner.id;
}
