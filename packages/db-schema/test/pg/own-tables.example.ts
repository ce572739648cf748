// The code of docs/your-own-tables.md; own-tables.test.ts runs it and compares the two.
import {
  accentFoldingConfig,
  type Database,
  migrate,
  ownerPolicies,
  rlsFor,
  searchVector,
  softDelete,
  textConfig,
  timestamps,
  withService,
  withUser,
} from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { bigint, index, PgDialect, pgTable, text } from "drizzle-orm/pg-core";

const languages = { de: "public.german_folded", es: "spanish" };

export const members = pgTable("members", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  email: text("email").notNull().unique(),
});

export const notes = pgTable(
  "notes",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    memberId: bigint("member_id", { mode: "number" })
      .notNull()
      .references(() => members.id),
    language: text("language").notNull().default("en"),
    title: text("title").notNull(),
    body: text("body").notNull().default(""),
    search: searchVector("search", {
      language: sql`language`,
      title: sql`title`,
      body: sql`body`,
      languages,
    }),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    index("notes_member_id_idx").on(t.memberId),
    index("notes_search_idx").using("gin", t.memberId, t.search),
    ...ownerPolicies(t.memberId),
  ],
);

export async function prepare(client: unknown, db: Database) {
  await migrate({ client, modules: ["core"] });
  await db.execute(accentFoldingConfig({ name: "public.german_folded", base: "german" }));
}

export async function protect(db: Database) {
  for (const statement of rlsFor(notes, { owner: notes.memberId })) await db.execute(statement);
  await db.execute(sql`
    create or replace trigger notes_touch_updated_at after update on notes
      for each row when (new.updated_at = old.updated_at and new.updated_at <> now())
      execute function devora.touch_updated_at()`);
}

export function migrationText(): string {
  const dialect = new PgDialect();
  const statements = rlsFor(notes, { owner: notes.memberId });
  return statements.map((statement) => `${dialect.sqlToQuery(statement).sql};`).join("\n");
}

export const addMember = (db: Database, email: string) =>
  db.insert(members).values({ email }).returning({ id: members.id });

export const addNote = (db: Database, memberId: number, note: { language: string; title: string }) =>
  withUser(db, String(memberId), (tx) => tx.insert(notes).values({ memberId, ...note }));

export const findNotes = (db: Database, memberId: number, language: string, query: string) =>
  withUser(db, String(memberId), (tx) => {
    const config = textConfig(sql`${language}::text`, languages);
    return tx
      .select({ id: notes.id, title: notes.title })
      .from(notes)
      .where(sql`${notes.search} @@ websearch_to_tsquery(${config}, ${query}::text)`);
  });

export const countAllNotes = (db: Database) => withService(db, (tx) => tx.$count(notes));
