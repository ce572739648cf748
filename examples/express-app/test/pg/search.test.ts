import { newId, rowsOf, withService } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { useTestHost } from "./test-host.ts";

const database = useTestDatabase();
const host = useTestHost(database);
let alice = "";
let bob = "";
let project = "";
beforeAll(async () => {
  alice = await seedUser(database.db, { displayName: "Alice" });
  bob = await seedUser(database.db, { displayName: "Bob" });
  for (let n = 1; n <= 7; n++)
    project = await create(`Orchard ${n}`, "Apples of the orchard, by the quartermaster");
  await put(
    "src/harvest.ts",
    `import { apples } from "./apples.ts";\n\n<b>export</b> const harvest = (orchard) => 1;\n`,
  );
  await put("notes.md", "The orchard in winter.\n");
  await create("Neighbours", "Xylophone lessons on Tuesdays");
  await host.services.search.refreshStatistics();
});

interface Answer {
  results: { id: string; title: string; type: string }[];
  total: number;
  complete: boolean;
  nextCursor?: string;
  didYouMean?: string;
  correctedQuery?: string;
  facets?: Record<string, Record<string, Record<string, number>>>;
}

async function create(name: string, description: string): Promise<string> {
  const response = await host.call("POST", "/api/projects", { user: alice, body: { name, description } });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}
async function put(path: string, content: string): Promise<void> {
  const body = { path, content };
  expect((await host.call("PUT", `/api/projects/${project}/files`, { user: alice, body })).status).toBe(200);
}
const get = (path: string, parameters: Record<string, string>, user = alice) =>
  host.call("GET", `${path}?${new URLSearchParams(parameters)}`, { user });
async function search(parameters: Record<string, string>, user = alice): Promise<Answer> {
  const response = await get("/api/search", parameters, user);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}
const suggestions = async (q: string, user: string) =>
  (await get("/api/search/suggestions", { q }, user)).json();

test("pages by cursor hold every result once, in the order of one long page, and end", async () => {
  const whole = await search({ q: "orchard", limit: "100" });
  expect(whole).toMatchObject({ total: 9, complete: true });
  expect(whole.nextCursor).toBeUndefined();
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await search({ q: "orchard", limit: "4", ...(cursor === undefined ? {} : { cursor }) });
    expect(page.total).toBe(9);
    expect(page.results.length).toBeLessThanOrEqual(4);
    ids.push(...page.results.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined && ids.length < 50);
  expect(ids).toEqual(whole.results.map(({ id }) => id));
});

test("a cursor that was made up, changed, of another query or of another user's is a 400 that names it", async () => {
  const { nextCursor = "" } = await search({ q: "orchard", limit: "2" });
  const answers = [
    await get("/api/search", { q: "orchard", cursor: "made-up" }),
    await get("/api/search", { q: "orchard", cursor: `A${nextCursor.slice(1)}` }),
    await get("/api/search", { q: "apples", cursor: nextCursor }),
    await get("/api/search", { q: "orchard", cursor: nextCursor }, bob),
    await get("/search/results", { q: "orchard", cursor: "made-up" }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining("cursor"),
      errors: [{ field: "query.cursor" }],
    });
  }
});

test("types may be several; facets count when they are asked for", async () => {
  const both = await search({ q: "orchard", type: "files,conversations", facets: "1" });
  expect(both.results.map(({ type }) => type)).toEqual(["files", "files"]);
  expect(both.facets?.files?.programmingLanguage).toEqual({ typescript: 1, markdown: 1 });
  const repeated = await host.call("GET", "/api/search?q=orchard&type=files&type=projects", { user: alice });
  expect(((await repeated.json()) as Answer).total).toBe(9);
  expect((await search({ q: "orchard" })).facets).toBeUndefined();
  expect(await search({ q: "orchard type:files after:someday" })).toMatchObject({
    total: 2,
    filters: [{ name: "type" }, { name: "after", problem: "not_a_date" }],
  });
});

test("a misspelt word is corrected by the user's own words once they are counted, and by nobody else's", async () => {
  expect(await search({ q: "quartermastre", limit: "3" })).toMatchObject({
    correctedQuery: "quartermaster",
    didYouMean: "quartermaster",
    total: 7,
  });
  expect(await search({ q: "orchard quartermastre" })).toMatchObject({
    didYouMean: "orchard quartermaster",
    relaxed: true,
    droppedWords: ["quartermastre"],
  });
  const foreign = await search({ q: "quartermastre" }, bob);
  expect(foreign).toMatchObject({ results: [], total: 0 });
  expect(foreign.didYouMean).toBeUndefined();
});

test("suggestions are titles, words and past queries of the user's own; another user sees none of them", async () => {
  await search({ q: "xylophone lessons" });
  await get("/search/results", { q: "xylophone les" });
  await host.services.search.flush();
  expect(await suggestions("xyl", alice)).toEqual({
    suggestions: [
      { kind: "query", text: "xylophone lessons" },
      { kind: "word", text: "xylophone" },
    ],
  });
  expect(await suggestions("neigh", alice)).toMatchObject({
    suggestions: [{ kind: "title", text: "Neighbours", type: "projects" }],
  });
  for (const prefix of ["xyl", "neigh", "quarter", "orch"]) {
    expect(await suggestions(prefix, bob)).toEqual({ suggestions: [] });
  }
});

test("the page shows what was corrected or left out, lines of code, facets as links, and more by cursor", async () => {
  const markup = async (path: string, parameters: Record<string, string>) =>
    (await get(path, parameters)).text();
  const corrected = await markup("/", { q: "quartermastre" });
  expect(corrected).toMatch(
    /Showing results for <a href="\/\?q=quartermaster&amp;type=all">quartermaster<\/a>/,
  );
  const partly = await markup("/", { q: "orchard quartermastre" });
  expect(partly).toMatch(/Did you mean <a href="[^"]*">orchard quartermaster<\/a>/);
  expect(partly).toContain("Left out: <s>quartermastre</s>");

  const files = await markup("/search/results", { q: "orchard", type: "files" });
  expect(files).toContain(
    '<li value="3">&lt;b&gt;export&lt;/b&gt; const harvest = (<mark>orchard</mark>) =&gt; 1;</li>',
  );
  const [, narrower = ""] = /href="([^"]*programmingLanguage[^"]*)">typescript/.exec(files) ?? [];
  const narrowed = await (await host.call("GET", narrower.replaceAll("&amp;", "&"), { user: alice })).text();
  expect(narrowed).toMatch(/1 result in/);
  expect(narrowed).toMatch(/href="\/\?q=orchard&amp;type=files" aria-current="true">typescript/);

  expect(await markup("/search/results", { q: "orchard" })).not.toContain("Load more");
  for (let n = 1; n <= 20; n++) await create(`Vineyard ${n}`, "Grapes");
  const first = await markup("/", { q: "vineyard" });
  const [, next = ""] = /hx-get="([^"]*cursor[^"]*)"/.exec(first) ?? [];
  const second = await (await host.call("GET", next.replaceAll("&amp;", "&"), { user: alice })).text();
  expect(second).toContain("That was all.");
});

test("a search is kept and counted once, whatever its pages", async () => {
  const q = `orchard -${newId()}`;
  const counts = async () => {
    await host.services.search.flush();
    const [row] = await withService(database.db, (tx) =>
      rowsOf(
        tx,
        sql`select (select count(*)::int from devora.search_queries where query = ${q}) as kept,
          (select count(*)::int from devora.analytics_events where event = 'search_performed') as counted`,
      ),
    );
    return row as { kept: number; counted: number };
  };
  const before = await counts();
  const { nextCursor = "" } = await search({ q, limit: "2" });
  await search({ q, limit: "2", cursor: nextCursor });
  await get("/search/results", { q });
  expect(await counts()).toEqual({ kept: 1, counted: before.counted + 1 });
});
