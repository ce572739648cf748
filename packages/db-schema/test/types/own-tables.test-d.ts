import { ownedBy, ownerPolicies, rlsFor, searchVector, softDelete, timestamps } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { bigint, boolean, jsonb, type PgPolicy, pgTable, text } from "drizzle-orm/pg-core";
import { expectTypeOf, test } from "vitest";

const notes = pgTable(
  "notes",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: bigint("user_id", { mode: "bigint" }).notNull(),
    title: text("title").notNull(),
    done: boolean("done").notNull().default(false),
    data: jsonb("data"),
    search: searchVector("search", {
      language: sql`'de'`,
      title: sql`title`,
      body: sql`''`,
      languages: { de: "german" },
    }),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => ownerPolicies(t.userId),
);
const others = pgTable("others", { userId: bigint("user_id", { mode: "bigint" }).notNull() });

test("generated columns are read and cannot be written", () => {
  expectTypeOf<"search" extends keyof typeof notes.$inferInsert ? true : false>().toEqualTypeOf<false>();
  expectTypeOf<(typeof notes.$inferSelect)["search"]>().toEqualTypeOf<string>();
});

test("timestamps fill themselves, and a row is live until it is deleted", () => {
  const least: typeof notes.$inferInsert = { userId: 1n, title: "a" };
  expectTypeOf(least.updatedAt).toEqualTypeOf<Date | undefined>();
  expectTypeOf<(typeof notes.$inferSelect)["deletedAt"]>().toEqualTypeOf<Date | null>();
});

test("an owner is a column of the table itself that can hold an id", () => {
  expectTypeOf(rlsFor(notes, { owner: notes.userId, privileges: ["select"] })).toEqualTypeOf<SQL[]>();
  expectTypeOf(ownedBy(notes.title)).toEqualTypeOf<SQL>();
  expectTypeOf(ownerPolicies(others.userId)).toEqualTypeOf<PgPolicy[]>();
  // @ts-expect-error a column of another table
  rlsFor(notes, { owner: others.userId });
  // @ts-expect-error a boolean is no id
  rlsFor(notes, { owner: notes.done });
  // @ts-expect-error nor is an object
  ownedBy(notes.data);
  // @ts-expect-error TRUNCATE is not subject to policies
  rlsFor(notes, { owner: notes.userId, privileges: ["truncate"] });
});
