import { seedUser, useTestDatabase } from "@devora/testing";
import { beforeAll, expect, test } from "vitest";
import { createSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let owner = "";
const ids = { shop: "", chat: "" };
beforeAll(async () => {
  const { db } = database;
  owner = await seedUser(db);
  const rows = rowsOfUser(db, owner);
  ids.shop = await rows.project({ name: "Photo shop" });
  await rows.project({ name: "My photo album" });
  await rows.project({ name: "Postgres guide" });
  await rows.project({ name: "100% wool" });
  ids.chat = await rows.conversation({ title: "Photos of cats" });
  await rows.conversation({ title: "PHOTO SHOP" });
  await rows.file({ projectId: ids.shop, path: "src/photo.ts", content: "" });
  const other = await seedUser(db);
  await rowsOfUser(db, other).project({ name: "Photo of somebody else" });
});

const suggest = async (prefix: string, options: object = {}) =>
  (await createSearch({ db: database.db }).getSuggestions({ prefix, ownerId: owner, ...options }))
    .suggestions;

test("titles that start with the prefix come first, each text once, whatever its case", async () => {
  const suggestions = await suggest("photo");
  expect(suggestions.map(({ text }) => text.toLowerCase())).toEqual([
    "photo shop",
    "photos of cats",
    "src/photo.ts",
    "my photo album",
  ]);
  expect(suggestions[1]).toEqual({
    kind: "title",
    text: "Photos of cats",
    type: "conversations",
    id: ids.chat,
  });
  expect(await suggest("photo")).toEqual(suggestions);
});

test("a misspelt prefix is completed by resemblance", async () => {
  expect((await suggest("postgers")).map(({ text }) => text)).toEqual(["Postgres guide"]);
});

test("limit and sources narrow; wildcards are letters", async () => {
  expect(await suggest("photo", { limit: 1 })).toHaveLength(1);
  expect((await suggest("photo", { sources: ["files"] })).map(({ text }) => text)).toEqual(["src/photo.ts"]);
  expect((await suggest("100%")).map(({ text }) => text)).toEqual(["100% wool"]);
  expect(await suggest("1%l")).toEqual([]);
  expect(await suggest("%")).toEqual([]);
  expect(await suggest("  ")).toEqual([]);
});

test("nobody else's titles", async () => {
  expect((await suggest("Photo of some")).map(({ text }) => text)).not.toContain("Photo of somebody else");
  const search = createSearch({ db: database.db });
  await expect(search.getSuggestions({ prefix: "photo" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
  const all = await search.getSuggestions({ prefix: "photo of some", allOwners: true });
  expect(all.suggestions[0]?.text).toBe("Photo of somebody else");
});
