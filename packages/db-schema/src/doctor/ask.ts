import { is, type SQL } from "drizzle-orm";
import { PgDialect, PgTransaction } from "drizzle-orm/pg-core";
import { type Database, type Row, rowsOf } from "../database.ts";
import { SchemaError } from "../errors.ts";
import { openSession } from "../migrations/open-session.ts";
import type { MigrationTarget } from "../migrations/session.ts";
import { withService } from "../scope.ts";

/** Runs one statement, on request as `devora_service`; its failure spoils none that follow. */
export type Ask = (query: SQL, asService?: boolean) => Promise<Row[]>;

/** Exactly one of the three. */
export interface DoctorTarget extends MigrationTarget {
  /** A Drizzle database or transaction. */
  db?: Database;
}

/** Runs `fn` in one read-only transaction on the target; a transaction that is given stays as it is. */
export async function withAsk<T>({ db, ...target }: DoctorTarget, fn: (ask: Ask) => Promise<T>): Promise<T> {
  const given = [db, target.url, target.client].filter((option) => option !== undefined).length;
  if (given !== 1) {
    throw new SchemaError(
      "INVALID_OPTION",
      `doctor: pass one of db, url and client; received ${given === 0 ? "none" : given}.`,
    );
  }
  return db === undefined ? overSession(target, fn) : overDatabase(db, fn);
}

function overDatabase<T>(db: Database, fn: (ask: Ask) => Promise<T>): Promise<T> {
  const run = (tx: Database) =>
    fn((query, asService = false) =>
      asService
        ? withService(tx, (scoped) => rowsOf(scoped, query))
        : tx.transaction((savepoint) => rowsOf(savepoint, query)),
    );
  return is(db, PgTransaction) ? run(db) : db.transaction(run, { accessMode: "read only" });
}

async function overSession<T>(target: MigrationTarget, fn: (ask: Ask) => Promise<T>): Promise<T> {
  const session = await openSession(target);
  const dialect = new PgDialect();
  try {
    await session.execute("begin read only");
    return await fn(async (query, asService = false) => {
      const { sql: text, params } = dialect.sqlToQuery(query);
      await session.execute("savepoint doctor_check");
      try {
        if (asService) await session.execute("set local role devora_service; set local app.user_id = ''");
        return await session.rows(text, params);
      } finally {
        await session.execute("rollback to savepoint doctor_check");
      }
    });
  } finally {
    await session.execute("rollback").catch(() => {});
    await session.release();
  }
}
