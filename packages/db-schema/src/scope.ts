import { is, sql } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import { type Database, rowsOf } from "./database.ts";
import { SchemaError } from "./errors.ts";
import { withReadTransaction, withTransaction } from "./transaction.ts";

export interface ScopeOptions {
  /**
   * Role that the transaction switches to; it must exist, and the login be a member of it.
   * Default `devora_app` for {@link withUser}, `devora_service` for {@link withService}.
   * `null` keeps the login's own role, for hosts that have roles of their own.
   */
  role?: string | null;
  /** Opens the transaction `read only`. Ignored inside a transaction. Default false. */
  readOnly?: boolean;
}

/**
 * Scopes queries to one user: every query of `fn` on the `tx` that it is given sees and writes that user's rows alone.
 *
 * A transaction with two settings local to it, `app.user_id` and the role, which PostgreSQL takes back at its
 * end; so it works through pools and PgBouncer. Inside another scope the outer user is restored afterwards.
 * Queries on the outer `db` within `fn` are outside the scope: use `tx`.
 *
 * @param userId non-empty; a value that the owner column's type refuses makes the first query fail with 22P02
 * @returns what `fn` answers, after the commit; what `fn` throws rolls back and is thrown
 * @throws {SchemaError} INVALID_USER_ID
 *
 * @example
 * const projects = await withUser(db, user.id, (tx) => tx.select().from(projectsTable));
 */
export async function withUser<T>(
  db: Database,
  userId: string,
  fn: (tx: Database) => Promise<T>,
  { role = "devora_app", readOnly = false }: ScopeOptions = {},
): Promise<T> {
  if (typeof userId !== "string" || userId === "" || userId.includes("\u0000")) {
    throw new SchemaError(
      "INVALID_USER_ID",
      `withUser: userId must be a non-empty string without U+0000; received ${userId === "" ? "an empty string" : typeof userId}. Pass the id of the signed-in user; for work that belongs to no user call withService.`,
    );
  }
  return inScope(db, { userId, role }, fn, readOnly);
}

/**
 * Runs `fn` as the service: all rows of all owners, for workers, metrics and imports. Never for a user's request.
 *
 * @example
 * const events = await withService(db, (tx) => tx.$count(analyticsEvents));
 */
export async function withService<T>(
  db: Database,
  fn: (tx: Database) => Promise<T>,
  { role = "devora_service", readOnly = false }: ScopeOptions = {},
): Promise<T> {
  return inScope(db, { userId: "", role }, fn, readOnly);
}

interface Scope {
  userId: string;
  role: string | null;
}

async function inScope<T>(
  db: Database,
  scope: Scope,
  fn: (tx: Database) => Promise<T>,
  readOnly: boolean,
): Promise<T> {
  const nested = is(db, PgTransaction);
  const run = async (tx: Database): Promise<T> => {
    // A released savepoint keeps its settings, so the outer scope is put back by hand; a rolled back one restores them.
    const outer = nested ? await currentScope(tx) : undefined;
    await enter(tx, scope, readOnly && !nested);
    const result = await fn(tx);
    if (outer) await enter(tx, outer);
    return result;
  };
  return readOnly ? withReadTransaction(db, run) : withTransaction(db, run);
}

async function enter(tx: Database, { userId, role }: Scope, readOnly = false): Promise<void> {
  const settings = [sql`set_config('app.user_id', ${userId}, true)`];
  if (role !== null) settings.push(sql`set_config('role', ${role}, true)`);
  if (readOnly) settings.push(sql`set_config('transaction_read_only', 'on', true)`);
  await tx.execute(sql`select ${sql.join(settings, sql`, `)}`);
}

async function currentScope(tx: Database): Promise<Scope> {
  const [row] = await rowsOf(
    tx,
    sql`select coalesce(current_setting('app.user_id', true), '') as user_id, current_setting('role') as role`,
  );
  return { userId: String(row?.user_id ?? ""), role: String(row?.role ?? "none") };
}

export interface ReadOptions {
  db: Database;
  /** Role of calls with an owner. Default `devora_app`; see {@link ScopeOptions}. */
  role?: string | null | undefined;
  /** Role of calls over all owners. Default `devora_service`. */
  serviceRole?: string | null | undefined;
}

export interface ReadCall {
  /** The caller's own transaction or database: used as it is, with the scope that it has. */
  db?: Database | undefined;
  ownerId?: string | undefined;
  allOwners?: boolean | undefined;
}

/**
 * Where a library's read runs: on the caller's `db` when the call brings one, else in a read-only scope of the
 * owner, else (with `allOwners`) as the service, else on the plain database.
 */
export async function withReadScope<T>(
  options: ReadOptions,
  call: ReadCall,
  fn: (db: Database) => Promise<T>,
): Promise<T> {
  if (call.db !== undefined) return fn(call.db);
  const { db, role = "devora_app", serviceRole = "devora_service" } = options;
  if (call.ownerId !== undefined) return withUser(db, call.ownerId, fn, { role, readOnly: true });
  if (call.allOwners) return withService(db, fn, { role: serviceRole, readOnly: true });
  return fn(db);
}
