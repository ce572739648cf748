import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { halfBits, halfOfBits, vectorText } from "../../src/vector-text.ts";

const database = useTestDatabase();

/** The halves, by their bits, that PostgreSQL reads from a text form of a vector; no sign of zero. */
async function readBack(text: string): Promise<number[]> {
  const [row] = await rowsOf(database.db, sql`select ${text}::public.halfvec::text as vector`);
  return (JSON.parse(String(row?.vector)) as number[]).map((value) => halfBits(value + 0));
}

test("PostgreSQL reads every half-precision number back as it is", async () => {
  const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
  const finite = all.filter((bits) => (bits & 0x7c00) !== 0x7c00 && bits !== 0x8000);
  expect(finite).toHaveLength(63_487);
  // No halfvec is longer than 16,000.
  for (let at = 0; at < finite.length; at += 16_000) {
    const bits = finite.slice(at, at + 16_000);
    expect(await readBack(vectorText(bits.map(halfOfBits)))).toEqual(bits);
  }
});

test("numbers of full precision become the halves that PostgreSQL makes of them", async () => {
  const numbers = Array.from({ length: 12_000 }, (_, at) => Math.sin(at) * 2 ** ((at % 32) - 20));
  const ties = Array.from({ length: 900 }, (_, at) => (halfOfBits(at * 31) + halfOfBits(at * 31 + 1)) / 2);
  for (const values of [numbers, ties]) {
    expect(await readBack(vectorText(values))).toEqual(await readBack(`[${values.join(",")}]`));
  }
});
