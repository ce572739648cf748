import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createDataFolder } from "./data-folder.ts";
import { onExit } from "./exit-hooks.ts";
import { initialSql, names } from "./initial-sql.ts";
import { ensureInstallation } from "./install.ts";
import { type Installation, runPostgresProgram, type ServerVersion } from "./installation.ts";
import { resolveOptions, type StartServerOptions } from "./options.ts";
import {
  killPostgres,
  type PostgresProcess,
  type StopMode,
  startPostgres,
  startPostgresOnFreePort,
  stopPostgres,
} from "./postgres-process.ts";
import { endProcessBlocking } from "./server-process.ts";
import { createTemporaryFolder, removeAbandonedFolders, removeTemporaryFolder } from "./temporary-folder.ts";

/** A running throw-away PostgreSQL on a free port of 127.0.0.1. */
export interface TestServer {
  readonly version: ServerVersion;
  /** Address of the database `devora` as its owner `devora_migrator`, who is no superuser. */
  readonly url: string;
  /** Address of the database `postgres` as superuser. */
  readonly adminUrl: string;
  /** The data folder, seen from this machine. */
  readonly dataDir: string;
  /** The server's log, seen from this machine. */
  readonly logFile: string;
  /** Id of the main server process; it changes with `restart`. `undefined` after `stop` or `kill`. */
  readonly pid: number | undefined;
  /** Where its programs are; for `startPgBouncer`. */
  readonly installation: Installation;
  /** Stops the server (clients are disconnected) and removes its folder. Calling it again is harmless. */
  stop(): Promise<void>;
  /** Stops in the given mode, default fast, and starts again at the same address; after `kill`, just starts. */
  restart(mode?: StopMode): Promise<void>;
  /** Kills the server and its backends as a crash would; its data stays until `stop`. */
  kill(): Promise<void>;
}

/**
 * A fresh PostgreSQL for tests and benchmarks, fetched if this machine has none (needs root on Debian then).
 * It listens on 127.0.0.1 alone, runs as a plain user and is removed by `stop()`, or when this process exits.
 *
 * Passwords are random: 127.0.0.1 is open to every user of a machine, and a superuser of
 * PostgreSQL can run programs, so trust would hand the server's account to all of them.
 *
 * @throws {TestServerError} INVALID_OPTION, NOT_INSTALLED, INSTALL, COMMAND, or NOT_READY with the server's log
 * @example
 * const server = await startServer({ version: "18" });
 * const sql = postgres(server.url);
 * await server.stop();
 */
export async function startServer(options: StartServerOptions = {}): Promise<TestServer> {
  const resolved = resolveOptions(options);
  const installation = await ensureInstallation(resolved, resolved.step);
  removeAbandonedFolders(installation);
  const folder = createTemporaryFolder(installation);
  const files = { folder, dataDir: join(folder, "data"), logFile: join(folder, "server.log") };
  let running: PostgresProcess | undefined;
  const forget = onExit(() => {
    if (running) endProcessBlocking(running.pid);
    removeTemporaryFolder(folder);
  });

  try {
    const passwords = { admin: randomPassword(), migrator: randomPassword() };
    await resolved.step("create the data folder", () =>
      createDataFolder(installation, resolved, files, passwords.admin),
    );
    const start = { ...files, startTimeoutMs: resolved.startTimeoutMs };
    running = await resolved.step("start the server", () => startPostgresOnFreePort(installation, start));
    const { port } = running;
    const address = (user: string, password: string, database: string) =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
    await resolved.step("create the login and its database", () =>
      runPostgresProgram(installation, "psql", ["-qX", "-v", "ON_ERROR_STOP=1"], {
        env: connectionEnv(port, passwords.admin),
        input: initialSql(passwords.migrator, resolved.textSearch ? ["vector", "pg_textsearch"] : ["vector"]),
      }),
    );
    return {
      version: resolved.version,
      url: address(names.migrator, passwords.migrator, names.database),
      adminUrl: address(names.superuser, passwords.admin, "postgres"),
      dataDir: files.dataDir,
      logFile: files.logFile,
      installation,
      get pid() {
        return running?.pid;
      },
      async stop() {
        if (running) await stopPostgres(running, "fast");
        running = undefined;
        removeTemporaryFolder(folder);
        forget();
      },
      async restart(mode = "fast") {
        if (running) await stopPostgres(running, mode);
        running = undefined;
        running = await startPostgres(installation, { ...start, port });
      },
      async kill() {
        if (running) await killPostgres(running);
        running = undefined;
      },
    };
  } catch (error) {
    if (running) await stopPostgres(running, "immediate");
    removeTemporaryFolder(folder);
    forget();
    throw error;
  }
}

function connectionEnv(port: number, password: string): NodeJS.ProcessEnv {
  return {
    PGHOST: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: names.superuser,
    PGPASSWORD: password,
    PGDATABASE: "template1",
  };
}

/** 32 hexadecimal digits: needs no quoting in SQL, addresses or files. */
function randomPassword(): string {
  return randomBytes(16).toString("hex");
}
