import { accentFoldingConfig, searchVector } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createSearch, defineSource } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();

describe("spellings", () => {
  let owner = "";
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    owner = await seedUser(database.db);
    const rows = rowsOfUser(database.db, owner);
    const texts = {
      app: ["fr", "L’application d'aujourd’hui, jusqu'ici sans faute."],
      purse: ["fr", "Un porte-monnaie en cuir et/ou en toile."],
      heart: ["fr", "Un œuf, un cœur, ex æquo."],
      mail: ["en", "Send an e-mail to the office."],
      post: ["en", "Email delivery for everyone."],
      art: ["en", "A state-of-the-art thyroid/metabolic clinic on Weißenburg street."],
      cats: ["fr", "Le chat dort."],
      dogs: ["fr", "Le chien dort."],
      hamlet: ["simple", "To be, or not to be."],
      cafe: ["fr", "Un cafe sans accent."],
      spanish: ["simple", "El niño mañana."],
    } as const;
    for (const [name, [language, description]] of Object.entries(texts)) {
      ids[name] = await rows.project({ name: "x", description, language });
    }
  });

  test.each([
    ["l'application", ["app"]],
    ["l’application", ["app"]],
    ["aujourd'hui", ["app"]],
    ["aujourd’hui", ["app"]],
    ["jusqu'ici", ["app"]],
    ["qu'est-ce qu'une application ?", ["app"]],
    ["porte-monnaie", ["purse"]],
    ["porte monnaie", ["purse"]],
    ["monnaie", ["purse"]],
    ["toile", ["purse"]],
    ["oeuf", ["heart"]],
    ["œuf", ["heart"]],
    ["CŒUR", ["heart"]],
    ["ex aequo", ["heart"]],
    ["e-mail", ["mail", "post"]],
    ["email", ["mail", "post"]],
    ["e mail", ["mail"]],
    ["state-of-the-art", ["art"]],
    ["art", ["art"]],
    ["metabolic", ["art"]],
    ["thyroid", ["art"]],
    ["thyroid/metabolic", ["art"]],
    ['"thyroid metabolic"', ["art"]],
    ["weissenburg", ["art"]],
    ["Weißenburg", ["art"]],
    ["chat ou chien", ["cats", "dogs"]],
    ["to be or not to be", ["hamlet"]],
    ["café", ["cafe"]],
    ["nino manana", ["spanish"]],
  ])("%s finds %j", async (query, names) => {
    const { results } = await createSearch({ db: database.db }).searchProjects({ query, ownerId: owner });
    expect(results.map(({ id }) => id).sort()).toEqual(names.map((name) => ids[name]).sort());
  });

  test("a word beside a slash is marked, and the slash stays", async () => {
    const { results } = await createSearch({ db: database.db }).searchProjects({
      query: "metabolic",
      ownerId: owner,
    });
    expect(results[0]?.snippet).toContainEqual({ text: "metabolic", hit: true });
    expect(results[0]?.snippet.map(({ text }) => text).join("")).toContain("thyroid/metabolic");
  });
});

describe("a source's own languages", () => {
  const languages = { de: "public.german_folded", es: "spanish" };
  const notes = pgTable("notes", {
    id: text("id").primaryKey(),
    language: text("language").notNull(),
    title: text("title").notNull(),
    body: text("body").notNull(),
    search: searchVector("search", {
      language: sql`language`,
      title: sql`title`,
      body: sql`body`,
      languages,
    }),
  });
  const base = { table: notes, id: notes.id, title: notes.title, body: notes.body, vector: notes.search };
  const mixed = defineSource({ ...base, name: "notes", language: notes.language, languages });
  const german = defineSource({
    ...base,
    name: "notizen",
    language: "de",
    languages,
    where: sql`language = 'de'`,
  });
  const search = () =>
    createSearch({ db: database.db, sources: [mixed, german], role: null, serviceRole: null });

  beforeAll(async () => {
    const { db } = database;
    await db.execute(accentFoldingConfig({ name: "public.german_folded", base: "german" }));
    await db.execute(sql`
      create table notes (
        id text primary key, language text not null, title text not null, body text not null,
        search tsvector not null generated always as (
          setweight(to_tsvector(case language when 'de' then 'public.german_folded'::regconfig
            when 'es' then 'pg_catalog.spanish'::regconfig else devora.text_config(language) end,
            translate(left(coalesce(title, ''), 2000), '<>/', '   ')), 'A')
          || setweight(to_tsvector(case language when 'de' then 'public.german_folded'::regconfig
            when 'es' then 'pg_catalog.spanish'::regconfig else devora.text_config(language) end,
            translate(left(coalesce(body, ''), 100000), '<>/', '   ')), 'B')) stored)`);
    await db.insert(notes).values([
      { id: "haus", language: "de", title: "Häuser", body: "Die Größe der Wohnungen." },
      { id: "casa", language: "es", title: "Casas", body: "Las canciones de los niños." },
      { id: "house", language: "en", title: "Houses", body: "The sizes of dwellings." },
    ]);
  });

  test.each([
    ["Haus", ["haus"]],
    ["wohnung", ["haus"]],
    ["grosse", ["haus"]],
    ["Wohnu*", ["haus"]],
    ["canción", ["casa"]],
    ["niño", ["casa"]],
    ["casa or wohnung", ["casa", "haus"]],
    ["size", ["house"]],
    ["lang:de wohnung", ["haus"]],
    ["lang:es wohnung", []],
    ["house -lang:de,es", ["house"]],
  ])("%s", async (query, ids) => {
    const { results } = await search().searchNotes({ query });
    expect(results.map(({ id }) => id).sort()).toEqual(ids);
  });

  test("one language for all rows, and the words of it marked", async () => {
    const { results } = await search().searchNotizen({ query: "wohnung" });
    expect(results.map(({ id }) => id)).toEqual(["haus"]);
    expect(results[0]?.snippet).toContainEqual({ text: "Wohnungen", hit: true });
  });

  test("a synonym in a language of the source", async () => {
    await database.db.execute(sql`grant select on notes to devora_app`);
    const ofUsers = createSearch({ db: database.db, sources: [mixed, german] });
    await ofUsers.setSynonyms({ source: "notes", language: "de", word: "bude", synonyms: ["wohnung"] });
    const call = { query: "Bude", ownerId: "anyone" };
    expect((await ofUsers.searchNotes(call)).results.map(({ id }) => id)).toEqual(["haus"]);
    expect((await ofUsers.searchNotizen(call)).results).toEqual([]);
  });

  test("refuses a language without a configuration, and a configuration that is no name", () => {
    expect(() => defineSource({ ...base, name: "x", language: "it" as "fr" })).toThrow(
      /it.*unknown.*fr, en, simple/,
    );
    expect(() => defineSource({ ...base, name: "x", languages: { it: "x'; drop" } })).toThrow(
      expect.objectContaining({ code: "INVALID_SOURCE" }),
    );
  });
});
