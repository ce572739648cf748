import { type Database, rowsOf, tsvector, withDatabaseErrors } from "@devora/db-schema";
import { installedModules } from "@devora/testing";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { bytea } from "../../../src/columns.ts";
import { describeDrivers } from "./drivers.ts";

const hasVector = installedModules().includes("embeddings");

const samples = pgTable("samples", {
  id: integer("id").primaryKey(),
  count: bigint("count", { mode: "bigint" }),
  safe: bigint("safe", { mode: "number" }),
  price: numeric("price", { precision: 30, scale: 10 }),
  ratio: doublePrecision("ratio"),
  live: boolean("live"),
  key: uuid("key"),
  at: timestamp("at", { withTimezone: true }),
  atText: timestamp("at_text", { withTimezone: true, mode: "string" }),
  day: date("day"),
  tags: text("tags").array(),
  sizes: integer("sizes").array(),
  data: jsonb("data"),
  bytes: bytea("bytes"),
  words: tsvector("words"),
  note: text("note"),
});

const one = async (db: Database, expression: ReturnType<typeof sql>) =>
  (await rowsOf(db, sql`select ${expression} as value`))[0]?.value;

describeDrivers((database) => {
  beforeAll(async () => {
    await database.observer.execute(sql`
      create table samples (
        id integer primary key, count bigint, safe bigint, price numeric(30, 10), ratio double precision, live boolean,
        key uuid, at timestamptz, at_text timestamptz, day date, tags text[], sizes integer[], data jsonb, bytes bytea,
        words tsvector, note text
      )`);
  });

  // What a cast in SQL makes the same everywhere; docs/drivers.md lists what differs without it.
  test.each<[string, ReturnType<typeof sql>, unknown]>([
    ["a count", sql`count(*)::int`, 1],
    ["a bigint as text", sql`9007199254740993::bigint::text`, "9007199254740993"],
    ["a numeric", sql`1.50::numeric`, "1.50"],
    ["a float", sql`0.1::float8`, 0.1],
    ["a boolean", sql`true`, true],
    ["a uuid", sql`'0190A6C2-0000-7000-8000-000000000001'::uuid`, "0190a6c2-0000-7000-8000-000000000001"],
    [
      "a timestamptz",
      sql`'2026-01-02 03:04:05.678901Z'::timestamptz at time zone 'UTC'`,
      "2026-01-02 03:04:05.678901",
    ],
    [
      "a timestamptz in ms",
      sql`(extract(epoch from '2026-01-02T03:04:05.678Z'::timestamptz) * 1000)::float8`,
      Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ],
    ["a date", sql`'2026-01-02'::date`, "2026-01-02"],
    ["an integer array", sql`'{1,2}'::int[]`, [1, 2]],
    ["a text array", sql`'{a,"b c",""}'::text[]`, ["a", "b c", ""]],
    ["an array with null, as JSON", sql`to_jsonb('{a,null,"null"}'::text[])`, ["a", null, "null"]],
    ["a json object", sql`'{"a": [1, null, "é"]}'::jsonb`, { a: [1, null, "é"] }],
    ["a json null", sql`'null'::jsonb`, null],
    [
      "a json with a big number, as text",
      sql`'{"n": 9007199254740993}'::jsonb::text`,
      '{"n": 9007199254740993}',
    ],
    ["null", sql`null::text`, null],
    ["an empty text", sql`''::text`, ""],
    ["a tsvector", sql`'''b'':2 ''a'':1A'::tsvector`, "'a':1A 'b':2"],
    ["bytes in hexadecimal", sql`encode('\\x00ff10'::bytea, 'hex')`, "00ff10"],
  ])("%s reads the same", async (_kind, expression, expected) => {
    expect(await one(database.db, expression)).toEqual(expected);
  });

  test.skipIf(!hasVector)("a halfvec reads as text (skipped without pgvector)", async () => {
    expect(await one(database.db, sql`'[1,0.5,-2]'::halfvec`)).toBe("[1,0.5,-2]");
    expect(await one(database.db, sql`${JSON.stringify([1, 0.5, -2])}::halfvec`)).toBe("[1,0.5,-2]");
  });

  test("a bare bigint is text on a server, and a number on PGlite", async () => {
    expect(await one(database.db, sql`7::bigint`)).toBe(database.lane === "PGlite" ? 7 : "7");
  });

  test.each<[string, unknown, string, string]>([
    ["a uuid", "0190a6c2-0000-7000-8000-000000000001", "uuid", "0190a6c2-0000-7000-8000-000000000001"],
    ["a bigint", 9007199254740993n, "bigint", "9007199254740993"],
    ["a bigint as text", "-9223372036854775808", "bigint", "-9223372036854775808"],
    ["a number", 0.1, "float8", "0.1"],
    ["a number as integer", 42, "int", "42"],
    ["a numeric as text", "12345678901234567890.123", "numeric", "12345678901234567890.123"],
    ["a boolean", false, "boolean", "false"],
    ["a time", "2026-01-02T03:04:05.678Z", "timestamptz", "2026-01-02 03:04:05.678+00"],
    ["JSON", JSON.stringify({ a: "é'\"\\", n: [1, null] }), "jsonb", '{"a": "é\'\\"\\\\", "n": [1, null]}'],
    [
      "an array of texts",
      sql.param(["a", 'b"c', "d,e", "{}", "\\"]),
      "text[]",
      '{a,"b\\"c","d,e","{}","\\\\"}',
    ],
    ["an array of integers", sql.param([1, 2]), "int[]", "{1,2}"],
    [
      "an array of times as texts",
      sql.param(["2026-01-02T00:00:00Z"]),
      "text[]::timestamptz[]",
      '{"2026-01-02 00:00:00+00"}',
    ],
    ["an empty array", sql.param([]), "text[]", "{}"],
    ["bytes", Buffer.from([0, 255, 16]), "bytea", "\\x00ff10"],
    ["a text of many letters", "L'été – 夏 🎈 ' \" \\ $1 :x ?", "text", "L'été – 夏 🎈 ' \" \\ $1 :x ?"],
    ["null", null, "text", "null!"],
  ])("%s goes in as a parameter with its cast", async (_kind, value, cast, expected) => {
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('timezone', 'UTC', true)`);
      expect(await one(tx, sql`coalesce(${value}::${sql.raw(cast)}::text, 'null!')`)).toBe(expected);
    });
  });

  test("a Drizzle table reads what it wrote", async () => {
    const { db } = database;
    const row = {
      id: 1,
      count: 9007199254740993n,
      safe: 42,
      price: "12345678901234567890.1234567890",
      ratio: -0.1,
      live: false,
      key: "0190a6c2-0000-7000-8000-000000000001",
      at: new Date("2026-01-02T03:04:05.678Z"),
      day: "2026-02-28",
      tags: ["a", 'b"c', "d,e", ""],
      sizes: [3, -4],
      data: { nested: [{ é: 1 }, null], text: "'quoted'" },
      note: "L'été – 夏 🎈",
    };
    await db
      .insert(samples)
      .values({ ...row, atText: "2026-01-02T03:04:05Z", words: "'a':1", bytes: Buffer.from([0, 255]) });
    const [read] = await db.select().from(samples);
    expect(read).toMatchObject(row);
    expect([...(read?.bytes ?? [])]).toEqual([0, 255]);
    expect(new Date(read?.atText ?? "").toISOString()).toBe("2026-01-02T03:04:05.000Z");
    expect(read?.words).toBe("'a':1");
    await db.insert(samples).values({ id: 2 });
    const [empty] = await db.select().from(samples).where(sql`${samples.id} = 2`);
    expect(Object.values(empty ?? {}).filter((value) => value !== null)).toEqual([2]);
  });

  test.each([
    ["text", "text", "a\u0000b", "22021"],
    ["JSON", "jsonb", JSON.stringify({ a: "a\u0000b" }), "22P05"],
  ])("U+0000 in %s is refused", async (_kind, cast, value, sqlState) => {
    const call = () => one(database.db, sql`${value}::${sql.raw(cast)}`);
    await expect(withDatabaseErrors("test.value", call)).rejects.toMatchObject({ sqlState });
  });

  test("half of a surrogate pair becomes U+FFFD in text and is refused in JSON", async () => {
    expect(await one(database.db, sql`${"a\ud800b"}::text`)).toBe("a\ufffdb");
    const call = () => one(database.db, sql`${JSON.stringify({ a: "a\ud800b" })}::jsonb`);
    await expect(withDatabaseErrors("test.value", call)).rejects.toMatchObject({ sqlState: "22P02" });
  });
});
