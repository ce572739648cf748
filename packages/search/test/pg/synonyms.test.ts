import { withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
const searchOf = () => createSearch({ db: database.db });
let owner = "";
const ids = { cluster: "", short: "", pipeline: "", apart: "", french: "", talk: "" };
beforeAll(async () => {
  const { db } = database;
  owner = await seedUser(db);
  const rows = rowsOfUser(db, owner);
  ids.cluster = await rows.project({ name: "Cluster", description: "Runs on Kubernetes in two zones." });
  ids.short = await rows.project({ name: "Tool", description: "A k8s dashboard." });
  ids.pipeline = await rows.project({ name: "Pipeline", description: "Continuous integration of branches." });
  ids.apart = await rows.project({ name: "Maths", description: "Integration of continuous functions." });
  ids.french = await rows.project({ name: "Grappe", description: "Sur kubernetes.", language: "fr" });
  ids.talk = await rows.conversation({ title: "Kubernetes talk" });
  const search = searchOf();
  await search.setSynonyms({ source: "projects", language: "en", word: "K8S", synonyms: ["kubernetes"] });
  await search.setSynonyms({
    source: "projects",
    language: "en",
    word: "ci",
    synonyms: ["continuous integration"],
  });
});

const found = async (query: string) => {
  const { results } = await searchOf().searchAll({ query, ownerId: owner });
  return results.map(({ id }) => id).sort();
};

test("a word finds its synonyms, in its source, its language and its direction alone", async () => {
  expect(await found("k8s")).toEqual([ids.cluster, ids.short].sort());
  expect(await found("kubernetes")).toEqual([ids.cluster, ids.french, ids.talk].sort());
});

test("the synonym is marked, and the word keeps its rank beside it", async () => {
  const { results } = await searchOf().searchProjects({ query: "k8s", ownerId: owner });
  const cluster = results.find(({ id }) => id === ids.cluster);
  expect(cluster?.snippet).toContainEqual({ text: "Kubernetes", hit: true });
  const [first, second] = results.map(({ score }) => score);
  expect(Math.abs((first ?? 0) - (second ?? 1))).toBeLessThan(0.1);
});

test("a synonym of several words is a phrase", async () => {
  expect(await found("ci")).toEqual([ids.pipeline]);
  expect(await found("(CI?)")).toEqual([ids.pipeline]);
  expect(await found("ci branches")).toEqual([ids.pipeline]);
});

test("a phrase may have synonyms, an exclusion has none", async () => {
  const search = searchOf();
  const entry = { source: "projects", language: "en", word: "container  orchestration" } as const;
  await search.setSynonyms({ ...entry, synonyms: ["k8s"] });
  expect(await found('"Container Orchestration"')).toEqual([ids.short]);
  expect(await found("runs -k8s")).toEqual([ids.cluster]);
  await search.setSynonyms({ ...entry, synonyms: [] });
  expect(await found('"container orchestration"')).toEqual([]);
});

test("an alternative has its synonyms, and a later entry replaces the first", async () => {
  const search = searchOf();
  const entry = { source: "projects", language: "en", word: "déploiement" } as const;
  await search.setSynonyms({ ...entry, synonyms: ["maths"] });
  expect(await found("deploiement")).toEqual([ids.apart]);
  await search.setSynonyms({ ...entry, synonyms: ["tool"] });
  expect(await found("déploiement OR pipeline")).toEqual([ids.pipeline, ids.short].sort());
});

test("hostile synonyms are text", async () => {
  const search = searchOf();
  const entry = { source: "projects", language: "en", word: "evil" } as const;
  for (const synonyms of [["' | !x:*"], ["a\0b \ud800"], ["\\'a <-> ("], ['{a,"}'], ["the of"]]) {
    await search.setSynonyms({ ...entry, synonyms });
    expect(await found("evil")).toEqual([]);
  }
});

test.each([
  [{ source: "nope" as "projects" }, "UNKNOWN_SOURCE"],
  [{ language: "de" }, "INVALID_OPTION"],
  [{ word: " " }, "INVALID_OPTION"],
  [{ word: "x".repeat(101) }, "INVALID_OPTION"],
  [{ synonyms: [7 as unknown as string] }, "INVALID_OPTION"],
  [{ synonyms: Array.from({ length: 21 }, (_, n) => `s${n}`) }, "INVALID_OPTION"],
])("refuses %j", async (wrong, code) => {
  const options = { source: "projects", language: "en", word: "a1", synonyms: ["b1"], ...wrong } as const;
  await expect(searchOf().setSynonyms(options)).rejects.toMatchObject({ name: "SearchError", code });
});

test("a user may read synonyms, not write them", async () => {
  const write = withUser(database.db, owner, (tx) =>
    searchOf().setSynonyms({ source: "projects", language: "en", word: "x1", synonyms: ["y1"], db: tx }),
  );
  await expect(write).rejects.toMatchObject({ name: "DatabaseError", sqlState: "42501" });
});

test("synonyms cost no statement more", async () => {
  let statements = 0;
  await withUser(database.db, owner, async (tx) => {
    const db = new Proxy(tx, {
      get: (target, property, receiver) => {
        if (property === "execute") statements += 1;
        return Reflect.get(target, property, receiver);
      },
    });
    const { total } = await searchOf().searchProjects({ query: "ci", ownerId: owner, db });
    expect(total).toBe(1);
  });
  // What is installed, lexemes with synonyms and statistics, counts, ranking with the page.
  expect(statements).toBe(4);
});

test.each([
  ["without the module", sql`drop table devora.search_synonyms`],
  ["for one who may not read it", sql`revoke select on devora.search_synonyms from devora_app`],
])("%s there are none, and nothing fails", async (_, statement) => {
  const ran = database.db.transaction(async (tx) => {
    await tx.execute(statement);
    const ofOwner = await withUser(tx, owner, (db) =>
      searchOf().searchProjects({ query: "k8s", ownerId: owner, db }),
    );
    expect(ofOwner.results.map(({ id }) => id)).toEqual([ids.short]);
    throw new Error("undo");
  });
  await expect(ran).rejects.toThrow("undo");
});
