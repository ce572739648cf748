import { DatabaseError } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import { type Direction, isTransactional, labelOf, type Migration } from "./migration.ts";

/**
 * Classes of SQLSTATE whose messages name objects and words of the file alone; those of others, such as a
 * conversion's, quote values.
 */
const classesWithoutValues = new Set(["0A", "25", "2B", "3D", "3F", "42", "55"]);

/** A failed migration as an error fit for logs: where it failed and on which objects, without values of rows. */
export function migrationFailure(migration: Migration, direction: Direction, error: unknown): SchemaError {
  const cause = new DatabaseError(`migration ${labelOf(migration)}`, error);
  const message = [
    cause.message,
    ...factsOf(error, migration[direction]),
    outcomeOf(migration[direction], cause),
  ];
  return new SchemaError("MIGRATION_FAILED", message.join(" "), { cause, retryable: cause.retryable });
}

/** What a migration that found its tables in use for all of `lockTimeoutMs` answers. */
export function migrationBlocked(migration: Migration, lockTimeoutMs: number, error: unknown): SchemaError {
  return new SchemaError(
    "MIGRATION_BLOCKED",
    `migrate: ${labelOf(migration)} got no lock on its tables within ${lockTimeoutMs} ms; nothing of it is applied. Look for long transactions (select pid, state, xact_start from pg_stat_activity where xact_start is not null order by xact_start), let them end, and run it again.`,
    { cause: new DatabaseError(`migration ${labelOf(migration)}`, error), retryable: true },
  );
}

/** SQLSTATE, or the code of a driver or socket. */
export const codeOf = (error: unknown): string | undefined => fieldOf(error, "code");

function outcomeOf(text: string, cause: DatabaseError): string {
  if (cause.sqlState?.length !== 5) return "Run it again: the ledger knows what was committed.";
  if (isTransactional(text)) return "The database is as it was before this migration.";
  return "It runs outside a transaction: what it did before it failed stays. An invalid index is dropped by the next run.";
}

function factsOf(error: unknown, text: string): string[] {
  const where = fieldOf(error, "where");
  const facts: string[] = [];
  // Within a function or block the message may come from its own raise or from SQL made of values.
  if (where === undefined && classesWithoutValues.has((codeOf(error) ?? "").slice(0, 2))) {
    facts.push(`${fieldOf(error, "message")}.`);
  }
  const objects = objectsOf(error);
  if (objects !== "") facts.push(`At ${objects}.`);
  const position = Number(fieldOf(error, "position"));
  if (position > 0) facts.push(`Line ${lineAt(text, position)} of the file.`);
  // Signatures and line numbers; the rest of the context may quote SQL with its values.
  const [block] = where?.match(/PL\/pgSQL function \w+(\.\w+)?(\([\w ,[\]]*\))? line \d+/) ?? [];
  if (block !== undefined) facts.push(`In ${block}.`);
  return facts;
}

function objectsOf(error: unknown): string {
  const names: [string, string | undefined][] = [
    ["schema", fieldOf(error, "schema_name", "schema")],
    ["table", fieldOf(error, "table_name", "table")],
    ["column", fieldOf(error, "column_name", "column")],
    ["type", fieldOf(error, "type_name", "dataType")],
  ];
  return names
    .filter(([, name]) => name !== undefined)
    .map(([kind, name]) => `${kind} ${name}`)
    .join(", ");
}

/** The server counts characters from 1, not UTF-16 units. */
const lineAt = (text: string, position: number): number =>
  Array.from(text)
    .slice(0, position - 1)
    .filter((character) => character === "\n").length + 1;

/** node-postgres, PGlite and postgres.js name the server's fields differently. */
function fieldOf(error: unknown, ...names: string[]): string | undefined {
  const fields = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return names.map((name) => fields[name]).find((value) => typeof value === "string" && value !== "") as
    | string
    | undefined;
}
