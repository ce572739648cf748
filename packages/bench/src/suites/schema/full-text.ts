import { type Database, withService, withUser } from "@devora/db-schema";
import { createSearchKernel, type KernelTable, kernelQuery } from "@devora/testing/search-kernel";
import { type SQL, sql } from "drizzle-orm";
import { collect } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { executionTime } from "./execution-time.ts";
import { copyWithoutSecurity, largeUser } from "./fill.ts";

const messages: KernelTable = {
  schema: "public",
  table: "messages",
  id: "id",
  idType: "uuid",
  owner: "user_id",
  ownerType: "uuid",
  vector: "search_vector",
  deletedAt: "deleted_at",
};
const limit = 20;
/** The n-th word of the filling is in about 3.4 / n of the messages; a few neighbours, so that no plan is a matter of luck. */
const classes = {
  "rare word (0.3 % of the messages)": [1000, 1001, 1002, 1003, 1004],
  "middle word (3 %)": [100, 101, 102, 103, 104],
} as const;

/**
 * A user with 100,000 messages searches them: through a search kernel under row level security, by the same statement
 * on a copy without it, and by the plain statement under row level security, where no index can answer `@@`.
 */
export async function fullText(db: Database): Promise<BenchRow[]> {
  await copyWithoutSecurity(db, "messages");
  for (const statement of createSearchKernel(messages).statements) await db.execute(statement);
  const rows: BenchRow[] = [];
  for (const [name, words] of Object.entries(classes)) rows.push(...(await compare(db, name, words)));
  return rows;
}

async function compare(db: Database, name: string, words: readonly number[]): Promise<BenchRow[]> {
  const textOf = (run: number) => `word${words[run % words.length]}`;
  const asUser = (statement: (text: string) => SQL) => (run: number) =>
    withUser(db, largeUser, (tx) => executionTime(tx, statement(textOf(run))));
  const { kernel, open, plain } = await collect(
    {
      kernel: asUser((text) => kernelQuery(messages, { text, language: "en", limit })),
      open: (run) => withService(db, (tx) => executionTime(tx, plainSearch("messages_open", textOf(run)))),
      plain: asUser((text) => plainSearch("messages", text)),
    },
    { runs: 25, warmUp: 5 },
  );
  const facts = { suite: "schema", unit: "ms", peer: open.p50 };
  return [
    toRow({ ...facts, name: `${name}: kernel under RLS`, measured: kernel.p50, goal: 2 * open.p50 }),
    toRow({ ...facts, name: `${name}: without RLS`, measured: open.p50 }),
    toRow({ ...facts, name: `${name}: plain statement under RLS`, measured: plain.p50 }),
  ];
}

/** What one writes without a kernel: the best hits, then their rows. */
const plainSearch = (table: string, text: string) => sql`
  select best.id, best.score, to_jsonb(r) as row
  from (
    select t.id, ts_rank(t.search_vector, q) as score
    from ${sql.identifier(table)} t, websearch_to_tsquery(devora.text_config('en'), ${text}::text) q
    where t.user_id = ${largeUser}::uuid and t.search_vector @@ q and t.deleted_at is null
    order by score desc, t.id
    limit ${limit}::int
  ) best
  cross join lateral (select t.* from ${sql.identifier(table)} t where t.id = best.id offset 0) r
  order by best.score desc, best.id`;
