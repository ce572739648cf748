import { type DriverFacts, driverFactsOf } from "./driver-facts.ts";

const brand = Symbol.for("@devora/database.error");
const driverErrors = new WeakMap<object, unknown>();

/**
 * SQLSTATEs after which the same transaction may succeed: conflicts, locks, a server that stops or is full, lost
 * connections, and 08P01, by which PgBouncer says that no server connection came free in time.
 */
const retryableStates = new Set([
  "40001",
  "40P01",
  "55P03",
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "25P03",
  "53300",
  "08000",
  "08001",
  "08003",
  "08006",
  "08P01",
]);

const nextSteps: Record<string, string> = {
  "08P01": "The pooler or server ended the connection; with PgBouncer look at its pool size and timeouts.",
  "22021": "Text holds a character that PostgreSQL cannot store (U+0000); remove it.",
  "22P02": "A value has not the form that its column's type asks for.",
  "22P05": "JSON holds a character that PostgreSQL cannot store (U+0000); remove it.",
  "23502": "A column that needs a value got none.",
  "23503": "The row that it refers to does not exist or belongs to another owner.",
  "23505": "A row with this key exists already.",
  "23514": "A value is outside what the column allows.",
  "25006": "The transaction is read only; write outside withUser(…, { readOnly: true }).",
  "25P02":
    "An earlier statement of this transaction failed, so it can only be rolled back. Let that error leave the transaction, or run the statement that may fail in tx.transaction().",
  "25P03": "The transaction was idle beyond idle_in_transaction_session_timeout; keep other work out of it.",
  "28P01": "Check the user and password of the connection.",
  "3D000": "Create the database, or correct its name in the connection URL.",
  "42501":
    "The role may not do this, or the row belongs to another owner. Check the role and the scope (withUser).",
  "42704": "A role, type or extension is missing; run the migrations of the module.",
  "42883": "A function or extension is missing; run the migrations of the module.",
  "42P01": "A table is missing; run the migrations of the module.",
  "53300": "The server has no connection left; use a pool of fewer connections.",
  "42P07":
    'A table of this name exists already. Beside tables of your own that have its names (users, projects, …) leave the module app out: migrate({ modules: ["analytics", "search", …] }).',
  "57014": "The statement was canceled, often by statement_timeout.",
};

const connectionSteps = {
  lost: "The connection failed; check that the server runs and is reachable.",
  closed: "The program closed this client; open a new one.",
} as const;

/**
 * A failure that the database or the connection reported.
 *
 * Neither message nor properties hold parameter values: Drizzle and PostgreSQL put them into theirs.
 * The driver's own error is kept apart; see {@link driverErrorOf}.
 */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code = "DATABASE";
  /** What was being done, for example `search.query`. */
  readonly operation: string;
  /** SQLSTATE, or the socket's or driver's code; undefined where there was none. */
  readonly sqlState: string | undefined;
  /** The names that PostgreSQL gives with the failure, each undefined where it gives none. */
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  /**
   * True when the same call may succeed later. When the connection failed, the transaction may have been committed
   * all the same, if the failure came between COMMIT and its answer: repeat only what may happen twice, or look first.
   */
  readonly retryable: boolean;

  constructor(operation: string, driverError: unknown) {
    const facts = driverFactsOf(driverError);
    super(messageOf(operation, facts));
    this.operation = operation;
    this.sqlState = facts?.code;
    this.schema = facts?.schema;
    this.table = facts?.table;
    this.column = facts?.column;
    this.constraint = facts?.constraint;
    this.retryable = facts?.connection === "lost" || retryableStates.has(facts?.code ?? "");
    Object.defineProperty(this, brand, { value: true });
    driverErrors.set(this, driverError);
  }
}

function messageOf(operation: string, facts: DriverFacts | undefined): string {
  const constraint = facts?.constraint === undefined ? "" : ` (constraint ${facts.constraint})`;
  const step = facts?.connection ? connectionSteps[facts.connection] : nextSteps[facts?.code ?? ""];
  return `${operation} failed in the database: ${facts?.code ?? "no code"}${constraint}.${step ? ` ${step}` : ""}`;
}

/** True for a DatabaseError of any copy of this package. */
export const isDatabaseError = (error: unknown): error is DatabaseError =>
  typeof error === "object" && error !== null && brand in error;

/**
 * The driver's error behind a DatabaseError, or undefined.
 * Sensitive: its message and details may hold the values of the statement. Do not log it.
 */
export const driverErrorOf = (error: DatabaseError): unknown => driverErrors.get(error);

/**
 * Runs `fn` and turns what the driver throws into a {@link DatabaseError} named after `operation`.
 * Errors that do not come from a driver pass unchanged.
 */
export async function withDatabaseErrors<T>(operation: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    throw toDatabaseError(operation, error);
  }
}

/** A driver's error as a {@link DatabaseError}, fit for logs; any other error as it is. */
export const toDatabaseError = (operation: string, error: unknown): unknown =>
  isDatabaseError(error) || driverFactsOf(error) === undefined ? error : new DatabaseError(operation, error);
