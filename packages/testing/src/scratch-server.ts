import postgres from "postgres";

/** Runs one statement on a connection of its own. */
export async function runOnce(url: string, statement: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await client.unsafe(statement);
  } finally {
    await client.end();
  }
}

const insufficientPrivilege = "42501";

/**
 * Drops a database of the server and ends the sessions in it. A role that is no superuser may not force out an
 * autovacuum worker that happens to be there; the plain statement asks such a worker to leave by itself.
 */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const statement = `drop database if exists ${name}`;
  try {
    await runOnce(url, `${statement} with (force)`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== insufficientPrivilege) throw error;
    await runOnce(url, statement);
  }
}
