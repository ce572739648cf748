import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();

// The table in docs/security.md, as this server has it.
const keepIndex = [
  "=(uuid,uuid)",
  "=(integer,integer)",
  "<(bigint,bigint)",
  "=(text,text)",
  "<(text,text)",
  "^@(text,text)",
  "=(boolean,boolean)",
  "<(date,date)",
  "<(timestamptz,timestamptz)",
  "=(float8,float8)",
  "=(inet,inet)",
];
const loseIndex = [
  "=(numeric,numeric)",
  "<(numeric,numeric)",
  "=(anyenum,anyenum)",
  "~~(text,text)",
  "~~*(text,text)",
  "~(text,text)",
  "public.%(text,text)",
  "@@(tsvector,tsquery)",
  "<(timestamptz,date)",
  "@>(jsonb,jsonb)",
  "?(jsonb,text)",
  "->>(jsonb,text)",
  "@>(anyarray,anyarray)",
  "&&(anyarray,anyarray)",
  "&&(anyrange,anyrange)",
];

test("the operators that keep their index under a policy are the leakproof ones that the guide names", async () => {
  const rows = await rowsOf(
    database.db,
    sql`
      select name, p.proleakproof as leakproof
      from jsonb_array_elements_text(${JSON.stringify([...keepIndex, ...loseIndex])}::jsonb) as name
      join pg_operator o on o.oid = name::regoperator
      join pg_proc p on p.oid = o.oprcode`,
  );
  const leakproof = rows.filter((row) => row.leakproof === true).map((row) => String(row.name));
  expect(rows).toHaveLength(keepIndex.length + loseIndex.length);
  expect(leakproof.sort()).toEqual([...keepIndex].sort());
});
