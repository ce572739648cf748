import type { Database, NewProject, User } from "@devora/db-schema";
import { withUser } from "@devora/db-schema";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PgliteDatabase } from "drizzle-orm/pglite";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { expectTypeOf, test } from "vitest";
import type * as schema from "../../src/schema/index.ts";

type TransactionOf<D extends { transaction: (fn: never) => unknown }> = Parameters<
  Parameters<D["transaction"]>[0]
>[0];

test("databases of the three drivers, with and without a schema, and their transactions are accepted", () => {
  expectTypeOf<PostgresJsDatabase>().toExtend<Database>();
  expectTypeOf<PostgresJsDatabase<typeof schema>>().toExtend<Database>();
  expectTypeOf<NodePgDatabase<typeof schema>>().toExtend<Database>();
  expectTypeOf<PgliteDatabase<typeof schema>>().toExtend<Database>();
  expectTypeOf<TransactionOf<PostgresJsDatabase<typeof schema>>>().toExtend<Database>();
  expectTypeOf<TransactionOf<PgliteDatabase>>().toExtend<Database>();
});

test("a scope answers what its function answers", () => {
  expectTypeOf(withUser(null as unknown as Database, "id", async () => 7)).toEqualTypeOf<Promise<number>>();
});

test("generated columns cannot be written, and rows have the types of their columns", () => {
  expectTypeOf<"searchVector" extends keyof NewProject ? true : false>().toEqualTypeOf<false>();
  expectTypeOf<User["role"]>().toEqualTypeOf<"user" | "admin">();
});
