import { chownSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onExit } from "./exit-hooks.ts";
import { freePort } from "./free-port.ts";
import { ensurePgBouncer } from "./install.ts";
import { insideRoot } from "./installation.ts";
import { endProcess, endProcessBlocking, startServerProcess } from "./server-process.ts";
import type { TestServer } from "./start-server.ts";
import { type Step, silently } from "./step.ts";
import { createTemporaryFolder, removeTemporaryFolder } from "./temporary-folder.ts";

/** A running PgBouncer on a free port of 127.0.0.1. */
export interface PgBouncer {
  /** The server's `url` by way of the pool. */
  readonly url: string;
  readonly pid: number;
  /** Stops it at once and removes its folder; the server stays. Calling it again is harmless. */
  stop(): Promise<void>;
}

/** How to pool; all are optional. */
export interface StartPgBouncerOptions {
  /** Lines of the section `[pgbouncer]` on top of the defaults, such as `{ default_pool_size: 5 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Wraps each step, to show progress and timing. */
  readonly step?: Step;
}

/**
 * A PgBouncer in transaction mode before a throw-away server, for all its databases and logins (it asks the server
 * for their passwords). It runs as the server's plain user and ends with `stop()`, or when this process exits.
 * Stop it before the server.
 * @throws {TestServerError} NOT_INSTALLED when it is missing and cannot be installed; NOT_READY with its log
 */
export async function startPgBouncer(
  server: TestServer,
  { settings = {}, step = silently }: StartPgBouncerOptions = {},
): Promise<PgBouncer> {
  const { installation } = server;
  const program = await ensurePgBouncer(installation, step);
  const folder = createTemporaryFolder(installation);
  let pid: number | undefined;
  const forget = onExit(() => {
    if (pid !== undefined) endProcessBlocking(pid);
    removeTemporaryFolder(folder);
  });
  const stop = async () => {
    // SIGQUIT is the immediate end in all versions; SIGTERM waits for clients since 1.23.
    if (pid !== undefined)
      await endProcess(pid, [
        ["SIGQUIT", 5000],
        ["SIGKILL", 5000],
      ]);
    pid = undefined;
    removeTemporaryFolder(folder);
    forget();
  };

  try {
    const port = await freePort();
    const admin = new URL(server.adminUrl);
    const write = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      if (installation.user) chownSync(path, installation.user.uid, installation.user.gid);
      return insideRoot(installation, path);
    };
    // For a login that is not listed the superuser asks, in the login's database, which can then not be dropped.
    const logins = [admin, new URL(server.url)].map((login) => `"${login.username}" "${login.password}"\n`);
    const authFile = write("users.txt", logins.join(""));
    const lines = Object.entries({
      listen_addr: "127.0.0.1",
      listen_port: port,
      unix_socket_dir: "",
      pool_mode: "transaction",
      auth_type: "scram-sha-256",
      auth_file: authFile,
      auth_user: admin.username,
      max_client_conn: 1000,
      ...settings,
    }).map(([name, value]) => `${name} = ${value}`);
    const ini = `[databases]\n* = host=127.0.0.1 port=${admin.port}\n[pgbouncer]\n${lines.join("\n")}\n`;
    const config = write("pgbouncer.ini", ini);
    const started = await step("start pgbouncer", () =>
      startServerProcess(installation, {
        program,
        args: [config],
        logFile: join(folder, "pgbouncer.log"),
        startTimeoutMs: 10_000,
        isReady: () => accepts(port),
      }),
    );
    pid = started;
    const url = new URL(server.url);
    url.port = String(port);
    return { url: url.href, pid: started, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
