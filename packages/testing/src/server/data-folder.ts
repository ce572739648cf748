import { appendFileSync, chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { names } from "./initial-sql.ts";
import { type Installation, insideRoot, runPostgresProgram } from "./installation.ts";
import type { ServerOptions } from "./options.ts";
import { settingsFile } from "./settings.ts";

/**
 * Creates the data folder (UTF-8, C.UTF-8: the same order on every machine) with the superuser's password,
 * and writes the settings.
 * @throws {TestServerError} COMMAND with the last lines of initdb
 */
export async function createDataFolder(
  installation: Installation,
  options: ServerOptions,
  { folder, dataDir }: { folder: string; dataDir: string },
  password: string,
): Promise<void> {
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (installation.user) chownSync(passwordFile, installation.user.uid, installation.user.gid);
  await runPostgresProgram(installation, "initdb", [
    "--no-sync",
    "--no-instructions",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--auth=scram-sha-256",
    `--username=${names.superuser}`,
    `--pwfile=${insideRoot(installation, passwordFile)}`,
    `--pgdata=${insideRoot(installation, dataDir)}`,
  ]);
  rmSync(passwordFile);
  appendFileSync(join(dataDir, "postgresql.conf"), settingsFile(installation, options));
}
