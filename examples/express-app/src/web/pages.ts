import { type Database, users, withService } from "@devora/db-schema";
import { asc, desc, eq, isNull } from "drizzle-orm";
import { type Request, Router, urlencoded } from "express";
import { z } from "zod";
import { id, input } from "../http/input.ts";
import { sourceNames } from "../http/routes/search.ts";
import { currentUser, rememberUser } from "../http/user.ts";
import type { Services } from "../services.ts";
import { chatPage } from "./chat-page.ts";
import { dashboardPage } from "./dashboard-page.ts";
import { type Html, html } from "./html.ts";
import { type PageOptions, page } from "./layout.ts";
import { searchPage } from "./search-page.ts";
import { searchResults } from "./search-results.ts";
import type { SearchView } from "./search-view.ts";

const searchForm = z.object({
  q: z.string().max(400).default(""),
  type: z.enum(["all", ...sourceNames]).default("all"),
  cursor: z.string().optional(),
});
const switchForm = z.object({ userId: id, back: z.enum(["/", "/chat", "/dashboard"]).default("/") });

/** The web pages, rendered on the server. */
export function pageRoutes(services: Services): Router {
  const { db, search, unloggedSearch, metrics, chat } = services;
  const router = Router();

  const find = async (engine: Services["search"], request: Request): Promise<SearchView> => {
    const { q: query, type, cursor } = input(request, "query", searchForm);
    const view = { query, type, isFurther: cursor !== undefined };
    if (query.trim() === "") return { ...view, answer: undefined };
    const sources = type === "all" ? undefined : [type];
    const ownerId = currentUser(request).id;
    const answer = await engine.search({ query, ownerId, sources, limit: 20, cursor, facets: true });
    return { ...view, answer };
  };
  const framed = async (options: Omit<PageOptions, "people">): Promise<string> =>
    page({ ...options, people: await people(db, options.user.id) }).markup;

  router.get("/", async (request, response) => {
    const view = await find(search, request);
    const title = view.query === "" ? "Search" : view.query;
    const body = searchPage(view);
    response.type("html").send(await framed({ title, path: "/", user: currentUser(request), body }));
  });

  router.get("/search/results", async (request, response) => {
    const view = await find(unloggedSearch, request);
    response.type("html").send(html`${searchResults(view)}`.markup);
  });

  router.get("/chat", async (request, response) => {
    const body = chatPage("unavailable" in chat ? chat.unavailable : undefined);
    response
      .type("html")
      .send(await framed({ title: "Chat", path: "/chat", user: currentUser(request), body }));
  });

  router.get("/dashboard", async (request, response) => {
    const user = currentUser(request);
    const body: Html =
      user.role === "admin"
        ? dashboardPage(await metrics.getDashboardMetrics())
        : html`<h1>Dashboard</h1><p class="note">Only administrators see figures of all users. Switch to one above (demo only).</p>`;
    response.type("html").send(await framed({ title: "Dashboard", path: "/dashboard", user, body }));
  });

  router.post("/demo/user", urlencoded({ extended: false, limit: "2kb" }), (request, response) => {
    const { userId, back } = input(request, "body", switchForm);
    rememberUser(response, userId);
    response.redirect(303, back);
  });

  return router;
}

/** Some users to be (demo only): the one that the visitor is, then administrators, then who was here last. */
async function people(db: Database, currentId: string) {
  return withService(
    db,
    (tx) =>
      tx
        .select({ id: users.id, displayName: users.displayName, role: users.role })
        .from(users)
        .where(isNull(users.deletedAt))
        .orderBy(desc(eq(users.id, currentId)), asc(users.role), desc(users.lastSeenAt), asc(users.id))
        .limit(12),
    { readOnly: true },
  );
}
