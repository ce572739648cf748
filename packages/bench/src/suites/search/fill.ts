import { type Database, rowsOf, withService } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { seededRandom } from "../../random.ts";
import { type Kind, kinds, type PopulationRow, rowsOfKind, type Sizes } from "./population.ts";
import { createVocabulary } from "./vocabulary.ts";
import { createWordUse, type WordUse } from "./word-use.ts";

const batchRows = 1_000;
const tables: Record<Kind, string> = {
  users: "users",
  projects: "projects",
  conversations: "conversations",
  files: "project_files",
  messages: "messages",
};

/** Fills Devora's tables, the same rows each time; answers how often the words are in them. */
export async function fill(db: Database, sizes: Sizes): Promise<WordUse> {
  const vocabulary = createVocabulary(seededRandom(30_000));
  const use = createWordUse(vocabulary);
  const insert = (kind: Kind) => insertRows(db, tables[kind], rowsOfKind(kind, sizes, vocabulary, use));
  const indexes = await dropGinIndexes(db);
  for (const kind of ["users", "projects", "conversations"] as const) await insert(kind);
  // Two connections keep two cores busy: the vectors cost most of the time.
  await Promise.all([insert("files"), insert("messages")]);
  await db.execute(sql`select set_config('maintenance_work_mem', '256MB', false)`);
  for (const index of indexes) await db.execute(index);
  for (const kind of kinds) await db.execute(sql`vacuum (analyze) ${sql.identifier(tables[kind])}`);
  return use;
}

async function insertRows(db: Database, table: string, rows: Iterable<PopulationRow>): Promise<void> {
  const insert = (batch: readonly PopulationRow[]) =>
    withService(db, (tx) => tx.execute(insertQuery(table, batch)));
  let batch: PopulationRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
}

function insertQuery(table: string, batch: readonly PopulationRow[]): SQL {
  const columns = sql.join(
    Object.keys(batch[0] ?? {}).map((name) => sql.identifier(name)),
    sql`, `,
  );
  return sql`
    insert into ${sql.identifier(table)} (${columns})
    select ${columns} from jsonb_populate_recordset(null::${sql.identifier(table)}, ${JSON.stringify(batch)}::jsonb)`;
}

/** Indexes that are built again at the end take a fraction of the time of ones that grow. Answers how to build them. */
async function dropGinIndexes(db: Database): Promise<SQL[]> {
  const indexes = await rowsOf(
    db,
    sql`
    select schemaname, indexname, indexdef from pg_indexes
    where tablename = any(${sql.param(Object.values(tables))}::text[]) and indexdef like '% USING gin %'
    order by indexname`,
  );
  for (const { schemaname, indexname } of indexes) {
    await db.execute(
      sql`drop index ${sql.identifier(String(schemaname))}.${sql.identifier(String(indexname))}`,
    );
  }
  return indexes.map(({ indexdef }) => sql.raw(String(indexdef)));
}
