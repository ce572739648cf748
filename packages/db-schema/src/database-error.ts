const brand = Symbol.for("@devora/database.error");
const driverErrors = new WeakMap<object, unknown>();

/** SQLSTATEs after which the same transaction may succeed. */
const retryableStates = new Set([
  "40001",
  "40P01",
  "55P03",
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08000",
  "08001",
  "08003",
  "08006",
]);
/** Codes of sockets and drivers that mean that the connection is gone. */
const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
]);

const nextSteps: Record<string, string> = {
  "22021": "Text holds a character that PostgreSQL cannot store (U+0000); remove it.",
  "22P02": "A value has not the form that its column's type asks for.",
  "22P05": "JSON holds a character that PostgreSQL cannot store (U+0000); remove it.",
  "23503": "The row that it refers to does not exist or belongs to another owner.",
  "23505": "A row with this key exists already.",
  "23514": "A value is outside what the column allows.",
  "25006": "The transaction is read only; write outside withUser(…, { readOnly: true }).",
  "28P01": "Check the user and password of the connection.",
  "3D000": "Create the database, or correct its name in the connection URL.",
  "42501":
    "The role may not do this, or the row belongs to another owner. Check the role and the scope (withUser).",
  "42704": "A role, type or extension is missing; run the migrations of the module.",
  "42883": "A function or extension is missing; run the migrations of the module.",
  "42P01": "A table is missing; run the migrations of the module.",
  "57014": "The statement was canceled, often by statement_timeout.",
};

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
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  /** True when the same call may succeed later. A COMMIT that got no answer may have succeeded already. */
  readonly retryable: boolean;

  constructor(operation: string, driverError: unknown) {
    const facts = factsOf(driverError);
    const step = facts.connection
      ? "The connection failed; check that the server runs and is reachable."
      : nextSteps[facts.sqlState ?? ""];
    super(
      [
        `${operation} failed in the database: ${facts.sqlState ?? "no code"}`,
        facts.constraint && ` (constraint ${facts.constraint})`,
        ".",
        step && ` ${step}`,
      ]
        .filter(Boolean)
        .join(""),
    );
    this.operation = operation;
    this.sqlState = facts.sqlState;
    this.constraint = facts.constraint;
    this.table = facts.table;
    this.retryable = facts.connection || retryableStates.has(facts.sqlState ?? "");
    Object.defineProperty(this, brand, { value: true });
    driverErrors.set(this, driverError);
  }
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
  isDatabaseError(error) || !isDriverError(error) ? error : new DatabaseError(operation, error);

interface Facts {
  sqlState: string | undefined;
  constraint: string | undefined;
  table: string | undefined;
  connection: boolean;
}

/** Drizzle wraps the driver's error in `cause`; node-postgres and postgres.js name the fields differently. */
function factsOf(error: unknown): Facts {
  const inner = innermost(error);
  const field = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = inner[name];
      if (typeof value === "string" && value !== "") return value;
    }
    return undefined;
  };
  const sqlState = field("code");
  return {
    sqlState,
    constraint: field("constraint_name", "constraint"),
    table: field("table_name", "table"),
    connection: connectionCodes.has(sqlState ?? ""),
  };
}

function innermost(error: unknown): Record<string, unknown> {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const cause = (current as { cause?: unknown } | null)?.cause;
    if (typeof cause !== "object" || cause === null) break;
    current = cause;
  }
  return (typeof current === "object" && current !== null ? current : {}) as Record<string, unknown>;
}

function isDriverError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "DrizzleQueryError" || error.constructor.name === "DrizzleQueryError") return true;
  const { code } = innermost(error);
  return typeof code === "string" && (/^[0-9A-Z]{5}$/.test(code) || connectionCodes.has(code));
}
