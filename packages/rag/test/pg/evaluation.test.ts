import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId, searchQueries, withService } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { expect, test } from "vitest";
import { judgeCommand } from "../../src/cli/judge-command.ts";
import { loggedQuestions } from "../../src/evaluation.ts";

const database = useTestDatabase();

/** As search writes it: the text, or its hash alone. */
async function log(
  ownerId: string | null,
  query: string | null,
  occurredAt: string,
  queryHash = `hash of ${query}`,
) {
  await withService(database.db, (tx) =>
    tx.insert(searchQueries).values({
      id: newId(),
      ownerId,
      query,
      queryHash,
      sources: ["projects"],
      resultCount: 1,
      durationMs: 1,
      occurredAt: new Date(occurredAt),
    }),
  );
}

test("the most frequent queries, per owner, with their text", async () => {
  const { db } = database;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  for (const day of ["01", "02", "03"]) await log(alice, "deploy to vercel", `2026-03-${day}`);
  await log(alice, "Deploy to Vercel", "2026-03-04", "hash of deploy to vercel");
  for (const day of ["05", "06"]) await log(bob, "deploy to vercel", `2026-03-${day}`);
  await log(bob, "'; drop table devora.search_queries; --", "2026-03-07");
  await log(bob, null, "2026-03-08", "hashed");
  await log(bob, "  ", "2026-03-08");
  await log(null, "everybody's", "2026-03-09");

  const found = await loggedQuestions(db, { since: new Date("2026-03-01") });
  expect(found.map(({ ownerId, count }) => [ownerId, count])).toEqual([
    [alice, 4],
    [bob, 2],
    [bob, 1],
    [undefined, 1],
  ]);
  expect(found[0]?.query.toLowerCase()).toBe("deploy to vercel");
  expect(found[2]?.query).toBe("'; drop table devora.search_queries; --");
  expect(new Set(found.map(({ id }) => id)).size).toBe(4);
  expect(await loggedQuestions(db, { since: new Date("2026-03-01") })).toEqual(found);

  const ofBob = await loggedQuestions(db, { ownerId: bob, since: new Date("2026-03-06") });
  expect(ofBob.map(({ query, count }) => [query, count])).toEqual([
    [expect.stringContaining("drop table"), 1],
    ["deploy to vercel", 1],
  ]);
  expect(await loggedQuestions(db, { since: new Date("2026-03-01"), limit: 1 })).toEqual(found.slice(0, 1));
  await expect(loggedQuestions(db, { limit: 0 })).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test("the command asks each logged query as its owner, and writes a sheet", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  await log(alice, "judge me", "2027-01-02");
  await log(null, "whose?", "2027-01-02");
  const folder = await mkdtemp(join(tmpdir(), "judge-"));
  // The configuration is a module: what this test holds reaches it through its own process.
  const held = globalThis as { judged?: unknown };
  held.judged = db;
  const config = join(folder, "config.mjs");
  await writeFile(
    config,
    `const passage = (owner) => ({ id: "p", source: "files", entityId: owner, title: "", text: "x", start: 0, end: 1, score: 1 });
     export default {
       db: globalThis.judged,
       retrievers: { one: { retrieve: async ({ ownerId }) => ({ passages: [passage(ownerId)], complete: true }) } },
     };`,
  );
  try {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await judgeCommand(
      { config, since: "2027-01-01" },
      {
        print: (line) => out.push(line),
        note: (line) => err.push(line),
        progress: () => ({ update() {}, close() {} }),
      },
    );
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ query: "judge me", ownerId: alice, id: `files/${alice}`, grade: null }),
    ]);
    expect(err.join("\n")).toContain("1 rows of 1 queries to judge");
    expect(err.join("\n")).toContain("1 queries over all owners are left out");
  } finally {
    delete held.judged;
    await rm(folder, { recursive: true });
  }
});
