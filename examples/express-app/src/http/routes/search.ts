import { conversations, type Database, messages, projectFiles, projects, withUser } from "@devora/db-schema";
import { and, eq, isNull } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import type { Services } from "../../services.ts";
import { input, pageSize } from "../input.ts";
import { notFound } from "../problem.ts";
import { currentUser } from "../user.ts";

/** Kinds of rows that search and similarity know. */
export const sourceNames = ["projects", "files", "conversations", "messages"] as const;
const query = z.string().max(4000);
type SourceName = (typeof sourceNames)[number];
const isSourceName = (name: string): name is SourceName => (sourceNames as readonly string[]).includes(name);
/** `all`, or names: repeated, or with commas between them. */
const types = z
  .union([z.string(), z.array(z.string())])
  .default("all")
  .transform((given) => [given].flat().flatMap((text) => text.split(",")))
  .refine((names) => names.every((name) => name === "all" || isSourceName(name)), {
    message: `must be all, or some of ${sourceNames.join(", ")}`,
  })
  .transform((names) => (names.includes("all") ? undefined : names.filter(isSourceName)));
const searchQuery = z.object({
  q: query,
  type: types,
  limit: pageSize(20),
  cursor: z.string().optional(),
  facets: z.enum(["0", "1"]).default("0"),
});

/** Search, completion, and rows like a row. */
export function searchRoutes({ db, search, embeddings, analytics }: Services): Router {
  const router = Router();

  router.get("/search", async (request, response) => {
    const { q, type, limit, cursor, facets } = input(request, "query", searchQuery);
    const userId = currentUser(request).id;
    const call = { query: q, ownerId: userId, limit, cursor, sources: type, facets: facets === "1" };
    const answer = await search.search(call);
    // A further page is no search of its own.
    if (cursor === undefined) {
      await analytics.trackSearch({
        userId,
        query: q,
        searchType: type?.join(",") ?? "all",
        resultCount: answer.total,
        durationMs: answer.executionTimeMs,
      });
    }
    response.json(answer);
  });

  router.get("/search/suggestions", async (request, response) => {
    const { q, limit } = input(request, "query", z.object({ q: query, limit: pageSize(8, 20) }));
    response.json(await search.getSuggestions({ prefix: q, ownerId: currentUser(request).id, limit }));
  });

  router.get("/semantic-search", async (request, response) => {
    const { q, limit } = input(request, "query", z.object({ q: query.min(1), limit: pageSize(10) }));
    response.json(await embeddings.semanticSearch({ queryText: q, ownerId: currentUser(request).id, limit }));
  });

  router.get("/similar", async (request, response) => {
    const { source, id, limit } = input(
      request,
      "query",
      z.object({ source: z.enum(sourceNames), id: z.guid(), limit: pageSize(10) }),
    );
    const userId = currentUser(request).id;
    if (!(await isLive(db, userId, source, id))) throw notFound("row");
    response.json(await embeddings.findSimilarEntities({ source, id, ownerId: userId, limit }));
  });

  return router;
}

const tables = { projects, files: projectFiles, conversations, messages };

/** May the user see this row? Without it, a foreign row would look like one that nothing resembles. */
async function isLive(
  db: Database,
  userId: string,
  source: (typeof sourceNames)[number],
  id: string,
): Promise<boolean> {
  const table = tables[source];
  const rows = await withUser(
    db,
    userId,
    (tx) =>
      tx
        .select({ id: table.id })
        .from(table)
        .where(and(eq(table.id, id), isNull(table.deletedAt))),
    { readOnly: true },
  );
  return rows.length > 0;
}
