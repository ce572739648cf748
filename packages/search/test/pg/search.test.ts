import { conversations, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
const searchOf = () => createSearch({ db: database.db });

let alice = "";
let bob = "";
const ids = { shop: "", french: "", chat: "", turn: "", file: "", bobs: "" };
beforeAll(async () => {
  const { db } = database;
  [alice, bob] = [await seedUser(db), await seedUser(db)];
  const rows = rowsOfUser(db, alice);
  ids.shop = await rows.project({
    name: "Photo shop",
    description: "Sells prints with React and Stripe payments.",
  });
  ids.french = await rows.project({
    name: "Sécurité des données",
    description: "Chiffrement et sauvegardes régulières pour les élèves.",
    language: "fr",
  });
  ids.chat = await rows.conversation({ title: "React questions", projectId: ids.shop });
  ids.turn = await rows.message({
    conversationId: ids.chat,
    content: "How do I test a React component with hooks?",
  });
  ids.file = await rows.file({
    projectId: ids.shop,
    path: "src/checkout.tsx",
    programmingLanguage: "typescript",
    content: "import React from 'react';\nexport const Checkout = () => null;\n",
  });
  ids.bobs = await rowsOfUser(db, bob).project({ name: "React spy", description: "React, all of Bob's." });
});

test("searches projects, conversations, messages and files together", async () => {
  const { results, total } = await searchOf().searchAll({ query: "react", ownerId: alice });
  expect(total).toBe(4);
  expect(Object.fromEntries(results.map(({ type, id }) => [type, id]))).toEqual({
    projects: ids.shop,
    conversations: ids.chat,
    messages: ids.turn,
    files: ids.file,
  });
  const message = results.find(({ type }) => type === "messages");
  expect(message).toMatchObject({
    title: "Message in: React questions",
    metadata: { conversationId: ids.chat, role: "user" },
  });
  expect(message?.snippet).toContainEqual({ text: "React", hit: true });
});

test("each source has a verb of its own", async () => {
  const search = searchOf();
  const call = { query: "react", ownerId: alice };
  const found = await Promise.all([
    search.searchProjects(call),
    search.searchConversations(call),
    search.searchMessages(call),
    search.searchFiles(call),
    search.search({ ...call, sources: ["projects", "files"] }),
  ]);
  expect(found.map(({ results }) => results.map(({ type }) => type).sort())).toEqual([
    ["projects"],
    ["conversations"],
    ["messages"],
    ["files"],
    ["files", "projects"],
  ]);
  await expect(search.search({ ...call, sources: ["invoices" as "files"] })).rejects.toMatchObject({
    code: "UNKNOWN_SOURCE",
  });
});

test("another user's rows never appear, by role, by predicate or by id in the query", async () => {
  const search = searchOf();
  expect((await search.searchAll({ query: "spy", ownerId: alice })).total).toBe(0);
  expect((await search.searchAll({ query: "spy", ownerId: bob })).results.map(({ id }) => id)).toEqual([
    ids.bobs,
  ]);

  // Inside Bob's scope the policies hide what the predicate asks for, and the other way round.
  const aliceFromBob = withUser(database.db, bob, (tx) =>
    search.searchAll({ query: "react", ownerId: alice, db: tx }),
  );
  expect((await aliceFromBob).total).toBe(0);
  // Where no policy acts, the predicate does.
  const unprotected = createSearch({ db: database.db, role: null });
  expect((await unprotected.searchAll({ query: "react", ownerId: bob })).results.map(({ id }) => id)).toEqual(
    [ids.bobs],
  );
  const all = await search.searchAll({ query: "react", allOwners: true });
  expect(all.total).toBe(5);
});

test("a row is matched with the stems of its own language, accents or not", async () => {
  const search = searchOf();
  const found = async (query: string) =>
    (await search.searchProjects({ query, ownerId: alice })).results.map(({ id }) => id);
  for (const query of ["securite", "sécurité", "SÉCURITÉS", "élève", "eleves", "sauvegarde régulière"]) {
    expect(await found(query), query).toEqual([ids.french]);
  }
  // English "selling" is "sell"; French stems know nothing of it.
  expect(await found("selling")).toEqual([ids.shop]);
  // A row in no language is matched as it stands, not by the stems of another's.
  const plain = await rowsOfUser(database.db, alice).project({ name: "Kayak", language: "simple" });
  expect(await found("kayak")).toEqual([plain]);
  expect(await found("kayaks")).toEqual([]);
  // "des" is a stop word of the French row alone.
  expect(await found("des")).toEqual([]);
});

test("stop words of the query's language do not find rows of the other", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  await rows.project({ name: "Thé vert", language: "fr" });
  await rows.project({ name: "Sons of comments", description: "Le un, la est, pour.", language: "en" });
  const paint = await rows.project({ name: "Paint", description: "Green paint." });
  const cafe = await rows.project({ name: "Café", description: "Un café pour la nuit.", language: "fr" });
  const search = createSearch({ db: database.db });
  const found = async (query: string) =>
    (await search.searchProjects({ query, ownerId: owner })).results.map(({ id }) => id);
  expect(await found("where is the best paint of all?")).toEqual([paint]);
  expect(await found("quel est le café pour les nuits ?")).toEqual([cafe]);
});

test("all words first, any word where those rows are few, and the answer says so", async () => {
  const search = searchOf();
  const strict = await search.searchAll({ query: "photo shop", ownerId: alice });
  expect(strict).toMatchObject({ relaxed: false, total: 1, complete: true });

  const relaxed = await search.searchAll({ query: "React Stripe zebra", ownerId: alice });
  expect(relaxed).toMatchObject({ relaxed: true, total: 4 });
  expect(relaxed.results[0]?.id).toBe(ids.shop);

  const both = await search.searchAll({ query: "react hooks", ownerId: alice });
  expect(both.relaxed).toBe(true);
  expect(both.results[0]?.id).toBe(ids.turn);
  expect(both.results[0]?.score).toBeGreaterThanOrEqual(1 / 3);
  expect(both.results[1]?.score).toBeLessThan(1 / 3);
});

test("where enough rows have all words, rows with some are left out", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  for (let n = 0; n < 6; n++) await rows.project({ name: `Green tea ${n}` });
  await rows.project({ name: "Green paint" });
  const { total, relaxed } = await searchOf().searchProjects({ query: "green tea", ownerId: owner });
  expect({ total, relaxed }).toEqual({ total: 6, relaxed: false });
});

test("a title with just the query's words comes first", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  const other = await rows.project({
    name: "Invoices invoices invoices",
    description: "invoice ".repeat(50),
  });
  const exact = await rows.project({
    name: "The invoice",
    description: "A long story about something else entirely.",
  });
  const longer = await rows.project({ name: "Invoice editor" });
  const { results } = await searchOf().searchProjects({ query: "invoice", ownerId: owner });
  expect(results.map(({ id }) => id)).toHaveLength(3);
  expect(results.at(-1)?.id).toBe(longer);
  expect(new Set(results.slice(0, 2).map(({ id }) => id))).toEqual(new Set([other, exact]));
  expect(results.map(({ score }) => score >= 2 / 3)).toEqual([true, true, false]);
});

test("a rare word outweighs a frequent one", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  for (let n = 0; n < 12; n++)
    await rows.project({ name: `App ${n}`, description: "A web app, a web app, a web app." });
  const rare = await rows.project({
    name: "Notes",
    description: "About a walrus, among very many other things.",
  });
  const { results } = await searchOf().searchProjects({ query: "web walrus", ownerId: owner });
  expect(results[0]?.id).toBe(rare);
});

test("phrases must occur word by word, exclusions must not", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  const machine = await rows.project({ name: "One", description: "A finite state machine in TypeScript." });
  const apart = await rows.project({ name: "Two", description: "The machine of the state." });
  const search = searchOf();
  const found = async (query: string) =>
    (await search.searchProjects({ query, ownerId: owner })).results.map(({ id }) => id).sort();
  expect(await found("state machine")).toEqual([machine, apart].sort());
  expect(await found('"state machine"')).toEqual([machine]);
  expect(await found('state -"state machine"')).toEqual([apart]);
  expect(await found("state -typescript")).toEqual([apart]);
  // Relaxed or not: the phrase and the exclusion hold.
  expect(await found('"state machine" zebra')).toEqual([machine]);
  expect(await found("state zebra -finite")).toEqual([apart]);
  // A phrase of stop words asks for nothing.
  expect(await found('"of the" typescript')).toEqual([machine]);
});

test("a word with punctuation within is found whole and in parts", async () => {
  const owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  const compound = await rows.project({ name: "One", description: "Full-text search at www.example.com" });
  const apart = await rows.project({ name: "Two", description: "The full text of the book." });
  const search = searchOf();
  const found = async (query: string) =>
    (await search.searchProjects({ query, ownerId: owner })).results.map(({ id }) => id).sort();
  expect(await found("full-text")).toEqual([compound, apart].sort());
  expect(await found("full text")).toEqual([compound, apart].sort());
  expect(await found("www.example.com")).toEqual([compound]);
});

test("the reason of an empty answer is told", async () => {
  const search = searchOf();
  const explain = async (query: string) => {
    const { results, explanation } = await search.searchProjects({ query, ownerId: alice });
    expect(results, query).toEqual([]);
    return explanation;
  };
  expect(await explain("")).toBe("empty_query");
  expect(await explain(' "" ?! ')).toBe("empty_query");
  expect(await explain("-react")).toBe("only_exclusions");
  expect(await explain("the of")).toBe("only_stop_words");
  expect(await explain("xylophone")).toBeUndefined();
});

test("deleted rows are gone", async () => {
  const owner = await seedUser(database.db);
  const id = await rowsOfUser(database.db, owner).conversation({ title: "Ephemeral" });
  const count = async () => (await searchOf().searchAll({ query: "ephemeral", ownerId: owner })).total;
  expect(await count()).toBe(1);
  await withUser(database.db, owner, (tx) =>
    tx.update(conversations).set({ deletedAt: new Date() }).where(eq(conversations.id, id)),
  );
  expect(await count()).toBe(0);
});

test("a filter leaves out the sources that do not have it", async () => {
  const { results } = await searchOf().searchAll({
    query: "react",
    ownerId: alice,
    filters: { projectId: ids.shop },
  });
  expect(results.map(({ type }) => type).sort()).toEqual(["conversations", "files"]);
});

test("reads at most 64 words, the first ones", async () => {
  const filler = Array.from({ length: 64 }, (_, n) => `word${n}`).join(" ");
  const search = searchOf();
  expect((await search.searchAll({ query: `react ${filler}`, ownerId: alice })).total).toBe(4);
  expect((await search.searchAll({ query: `${filler} react`, ownerId: alice })).total).toBe(0);
});
