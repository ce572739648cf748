import { newId, rowsOf } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { identifierParts } from "../../src/identifiers.ts";
import { createSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let owner = "";
const ids = { users: "", routes: "", auth: "" };
beforeAll(async () => {
  const { db } = database;
  owner = await seedUser(db);
  const projectId = await seedProject(db, owner);
  const rows = rowsOfUser(db, owner);
  ids.users = await rows.file({
    projectId,
    path: "src/lib/users.ts",
    programmingLanguage: "typescript",
    content: `${"// header\n".repeat(40)}export async function getUserById(id: string) {\n  return db.find(id);\n}\n`,
  });
  ids.routes = await rows.file({
    projectId,
    path: "src/routes.ts",
    programmingLanguage: "typescript",
    content: "import { list_all_routes } from './router';\nlist_all_routes();\n",
  });
  ids.auth = await rows.file({ projectId, path: "src/middleware/requireAuth.ts", content: "export {};\n" });
});

const find = async (query: string) =>
  (await createSearch({ db: database.db }).searchFiles({ query, ownerId: owner })).results;

test.each([
  "getUserById",
  "getuserbyid",
  "user by id",
  "user_by_id",
  "get-user",
  "how to get the user by id",
])("code is found by an identifier whole or in parts: %s", async (query) => {
  expect((await find(query))[0]?.id).toBe(ids.users);
});

test("words that French or English would drop are not asked of code, while others remain", async () => {
  const search = createSearch({ db: database.db });
  const answer = await search.searchFiles({ query: "what is the id of a user", ownerId: owner });
  expect(answer).toMatchObject({ total: 1, relaxed: false });
});

test("snake_case, kebab-case and paths are split as well", async () => {
  expect((await find("allRoutes"))[0]?.id).toBe(ids.routes);
  expect((await find("list routes"))[0]?.id).toBe(ids.routes);
  expect((await find("src/lib/users.ts"))[0]?.id).toBe(ids.users);
  expect((await find("lib users"))[0]?.id).toBe(ids.users);
});

test("a keyword that is a stop word of a language is found when it stands alone", async () => {
  const other = await seedUser(database.db);
  const projectId = await seedProject(database.db, other);
  const id = await rowsOfUser(database.db, other).file({
    projectId,
    path: "a.ts",
    content: "if (a) while (b) {}",
  });
  const search = createSearch({ db: database.db });
  const { results } = await search.searchFiles({ query: "if", ownerId: other });
  expect(results.map((result) => result.id)).toEqual([id]);
  expect(results[0]?.snippet[0]).toEqual({ text: "if", hit: true });
});

test("the snippet is whole lines from the hit's, with its number", async () => {
  const [hit] = await find("user_by_id");
  expect(hit?.metadata.line).toBe(41);
  expect(hit?.snippet.slice(0, 2)).toEqual([
    { text: "export async function get", hit: false },
    { text: "UserById", hit: true },
  ]);
  expect(hit?.snippet.map(({ text }) => text).join("")).toBe(
    "export async function getUserById(id: string) {\n  return db.find(id);\n}\n",
  );
});

test("a part of a path is enough, and marked in the title", async () => {
  const [hit, ...others] = await find("quireAu");
  expect(hit?.id).toBe(ids.auth);
  expect(others).toEqual([]);
  expect(hit?.titleSegments).toEqual([
    { text: "src/middleware/re", hit: false },
    { text: "quireAu", hit: true },
    { text: "th.ts", hit: false },
  ]);
  // Wildcards of LIKE are letters like any other.
  expect(await find("quire%th")).toEqual([]);
  expect(await find("quire_uth")).toEqual([]);
});

test("an exclusion holds for words, identifiers and paths alike", async () => {
  expect((await find("auth")).map(({ id }) => id)).toEqual([ids.auth]);
  expect(await find("auth -middleware")).toEqual([]);
  expect((await find("id -routes")).map(({ id }) => id)).toEqual([ids.users]);
  expect(await find("id -getUserById")).toEqual([]);
});

test("a file whose path has the word comes before one that mentions it", async () => {
  const other = await seedUser(database.db);
  const projectId = await seedProject(database.db, other);
  const rows = rowsOfUser(database.db, other);
  const named = await rows.file({ projectId, path: "src/billing/index.ts", content: "export * from './x';" });
  await rows.file({ projectId, path: "src/app.ts", content: "import billing from 'billing';\nbilling();\n" });
  const search = createSearch({ db: database.db });
  const { results } = await search.searchFiles({ query: "billing", ownerId: other });
  expect(results[0]?.id).toBe(named);
  expect(results).toHaveLength(2);
});

test("in a long file the window is cut around the rarest word, lines counted from the file's start", async () => {
  const other = await seedUser(database.db);
  const projectId = await seedProject(database.db, other);
  const lines = Array.from({ length: 3_000 }, (_, n) => `const common${n} = ${n};`);
  lines[2_499] = "const needleInHay = '😀';";
  await rowsOfUser(database.db, other).file({ projectId, path: "long.ts", content: lines.join("\n") });
  const search = createSearch({ db: database.db });
  const { results } = await search.searchFiles({ query: "needle const", ownerId: other });
  expect(results[0]?.metadata.line).toBe(2_500);
  expect(results[0]?.snippet).toContainEqual({ text: "needle", hit: true });
});

test("the lines with most of the words, with their numbers, in the order of the file", async () => {
  const other = await seedUser(database.db);
  const projectId = await seedProject(database.db, other);
  const content = Array.from({ length: 12 }, (_, n) => `loadUser(${n});\r\n`);
  content[9] = "const loaded = loadUser(userCache);\r\n";
  content[11] = `// ${"x ".repeat(300)}loadUser cache ${"y ".repeat(300)}\n`;
  await rowsOfUser(database.db, other).file({
    projectId,
    path: "users.ts",
    content: `${"// none\n".repeat(2_000)}${content.join("")}`,
  });
  const { results } = await createSearch({ db: database.db }).searchFiles({
    query: "load user cache",
    ownerId: other,
  });
  const lines = results[0]?.lines ?? [];
  expect(lines.map(({ number }) => number)).toEqual([2_001, 2_002, 2_003, 2_010, 2_012]);
  expect(lines[3]?.segments).toEqual([
    { text: "const loaded = ", hit: false },
    { text: "loadUser", hit: true },
    { text: "(", hit: false },
    { text: "userCache", hit: true },
    { text: ");", hit: false },
  ]);
  const long = lines[4]?.segments.map(({ text }) => text).join("") ?? "";
  expect(long).toContain("loadUser cache");
  expect(long.length).toBeLessThanOrEqual(200);
});

test("a source that is no code has no lines", async () => {
  const { results } = await createSearch({ db: database.db }).searchProjects({
    query: "project",
    allOwners: true,
  });
  for (const result of results) expect(result).not.toHaveProperty("lines");
});

test.each([
  ["lang:typescript router", "routes"],
  ["lang:ts getUserById", "users"],
  ["lang:ts,python getUserById", "users"],
  ["-lang:python getUserById", "users"],
  ["lang:simple getUserById", "users"],
  ["lang:python getUserById", undefined],
  ["lang:fr getUserById", undefined],
  ["getUs*", "users"],
  ["user_b* -routes*", "users"],
  ["User::byId", "users"],
  ["user-by-id", "users"],
  ["getUserById or nothingElse", "users"],
] as const)("of code, %s finds %s", async (query, name) => {
  expect((await find(query)).map(({ id }) => id)).toEqual(name === undefined ? [] : [ids[name]]);
});

test("where nothing else matches, letters within a word do, and are marked", async () => {
  const [hit, ...others] = await find("serById");
  expect(hit?.id).toBe(ids.users);
  expect(others).toEqual([]);
  expect(hit?.lines).toEqual([
    {
      number: 41,
      segments: [
        { text: "export async function getU", hit: false },
        { text: "serById", hit: true },
        { text: "(id: string) {", hit: false },
      ],
    },
  ]);
  // Not beside a word that is there, nor for wildcards, nor under an exclusion.
  expect(await find("ser_yId")).toEqual([]);
  expect(await find("serB%d")).toEqual([]);
  expect(await find("serById -find")).toEqual([]);
  expect((await find("user")).map(({ id }) => id)).toEqual([ids.users]);
});

test("identifiers are split as the database splits them", async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_$]{1,24}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 4 }), async (names) => {
      const text = names.join("-");
      const [row] = await rowsOf(
        database.db,
        sql`select array_to_string(tsvector_to_array(devora.identifier_vector(${text}::text)), ' ') as lexemes`,
      );
      const lexemes = new Set(String(row?.lexemes).split(" "));
      for (const part of identifierParts(text)) expect(lexemes).toContain(part.text);
    }),
    { numRuns: 200 },
  );
});

test("a stranger finds none of it", async () => {
  const search = createSearch({ db: database.db });
  expect((await search.searchFiles({ query: "getUserById", ownerId: newId() })).total).toBe(0);
  expect((await search.searchFiles({ query: "quireAu", ownerId: newId() })).total).toBe(0);
});

test("a name finds the code that declares it, exported first, before code that uses it more", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  const projectId = await rows.project({ name: "Names" });
  const add = (path: string, content: string) => rows.file({ projectId, path, content });
  await add(
    "src/uses.ts",
    "parseInvoice(a); parseInvoice(b); parse_invoice(); // parse the invoice, parse invoices",
  );
  const local = await add("src/local.ts", "async function parseInvoice() {}");
  const exported = await add("src/other.ts", "const x = 1;\nexport const parseInvoice = () => x;");
  const python = await add("jobs/parse.py", "class Job:\n    def send_reminder(self):\n        pass");
  const search = createSearch({ db: database.db });
  for (const query of ["parseInvoice", "parse invoice", "parse_invoice", "PARSEINVOICE"]) {
    const { results } = await search.searchFiles({ query, ownerId: owner });
    expect(results.map(({ id }) => id).slice(0, 2), query).toEqual([exported, local]);
  }
  const { results } = await search.searchFiles({ query: "sendReminder", ownerId: owner });
  expect(results[0]?.id).toBe(python);
});
