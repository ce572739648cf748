import { DatabaseError } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "../migrations/session.ts";

/**
 * Runs one statement of the schema.
 * @throws {SchemaError} PUSH_REFUSED with the statement and the SQLSTATE; the server's text stays in the cause,
 * because it may quote rows
 */
export async function runStatement(session: MigrationSession, statement: string): Promise<void> {
  try {
    await session.execute(statement);
  } catch (error) {
    const cause = new DatabaseError("push", error);
    throw new SchemaError(
      "PUSH_REFUSED",
      `${cause.message}${reasons[cause.sqlState ?? ""] ?? ""} The database is as it was. The statement was: ${statement}`,
      { cause, retryable: cause.retryable },
    );
  }
}

const reasons: Record<string, string> = {
  "23502": " Rows of the table have no value there: give the column a default, or fill it by a migration.",
  "23505": " Rows of the table share a key: make them differ first.",
  "23514": " Rows of the table break the check: change them first.",
  "2BP01": " Another object depends on what would be replaced: write a migration.",
  "42P07": " Something else has this name already.",
};
