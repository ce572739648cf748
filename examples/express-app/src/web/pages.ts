import { type Database, users, withService } from "@devora/db-schema";
import { asc, desc, eq, isNull } from "drizzle-orm";
import { Router, urlencoded } from "express";
import { z } from "zod";
import { id, input } from "../http/input.ts";
import { sourceNames } from "../http/routes/search.ts";
import { currentUser, rememberUser } from "../http/user.ts";
import type { Services } from "../services.ts";
import { chatPage } from "./chat-page.ts";
import { dashboardPage } from "./dashboard-page.ts";
import { type Html, html } from "./html.ts";
import { type PageOptions, page } from "./layout.ts";
import { searchPage, searchResults } from "./search-page.ts";

const searchForm = z.object({
  q: z.string().max(400).default(""),
  type: z.enum(["all", ...sourceNames]).default("all"),
});
const switchForm = z.object({ userId: id, back: z.enum(["/", "/chat", "/dashboard"]).default("/") });

/** The web pages, rendered on the server. */
export function pageRoutes(services: Services): Router {
  const { db, search, metrics, chat } = services;
  const router = Router();

  const find = async (query: string, type: z.infer<typeof searchForm>["type"], ownerId: string) =>
    query.trim() === ""
      ? undefined
      : search.search({ query, ownerId, limit: 20, ...(type === "all" ? {} : { sources: [type] }) });
  const framed = async (options: Omit<PageOptions, "people">): Promise<string> =>
    page({ ...options, people: await people(db, options.user.id) }).markup;

  router.get("/", async (request, response) => {
    const { q, type } = input(request, "query", searchForm);
    const user = currentUser(request);
    const body = searchPage({ query: q, type, answer: await find(q, type, user.id) });
    response.type("html").send(await framed({ title: q === "" ? "Search" : q, path: "/", user, body }));
  });

  router.get("/search/results", async (request, response) => {
    const { q, type } = input(request, "query", searchForm);
    response
      .type("html")
      .send(html`${searchResults(q, await find(q, type, currentUser(request).id))}`.markup);
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
