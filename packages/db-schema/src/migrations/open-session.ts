import { SchemaError } from "../errors.ts";
import { isPglite, pgliteSession } from "./embedded-session.ts";
import { isNodePostgres, nodePostgresSession } from "./node-postgres-session.ts";
import { isPostgresJs, postgresJsSession, urlSession } from "./postgres-js-session.ts";
import type { MigrationSession, MigrationTarget } from "./session.ts";

/**
 * A session on the target.
 * @throws {SchemaError} INVALID_OPTION without exactly one of url and client, UNSUPPORTED_CLIENT
 */
export async function openSession({ url, client }: MigrationTarget): Promise<MigrationSession> {
  if ((url === undefined) === (client === undefined)) {
    throw new SchemaError(
      "INVALID_OPTION",
      `Pass either url or client; received ${url === undefined ? "neither." : "both."}`,
    );
  }
  if (url !== undefined) return urlSession(url);
  if (isPglite(client)) return pgliteSession(client);
  if (isPostgresJs(client)) return postgresJsSession(client);
  if (isNodePostgres(client)) return nodePostgresSession(client);
  throw new SchemaError(
    "UNSUPPORTED_CLIENT",
    `client must be a postgres.js client, a node-postgres Client or Pool, or a PGlite instance; received ${typeof client}. With Drizzle pass db.$client.`,
  );
}
