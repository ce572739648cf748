import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestServerError } from "./errors.ts";
import { outputOf } from "./run-command.ts";

/** The two versions served: the oldest supported one, without pgvector, and the newest, with it. */
export type ServerVersion = "15" | "18";

/** Where the programs of one PostgreSQL version are, and who runs them. */
export interface Installation {
  readonly version: ServerVersion;
  /** `/` for programs of this machine, otherwise the folder of a Debian root. */
  readonly root: string;
  /** Folder for data, seen from this machine; it lies inside `root`. */
  readonly temporaryFolder: string;
  /** The plain user that servers run as; `undefined` when this process is a plain user already. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** What a server has to offer beyond its version. */
export interface Requirements {
  readonly version: ServerVersion;
  readonly textSearch: boolean;
}

/** Describes the programs below `root`, without a check that they are there. */
export function installationIn(root: string, version: ServerVersion): Installation {
  const temporaryFolder = root === "/" ? tmpdir() : join(root, "tmp");
  return { version, root, temporaryFolder, user: isRoot() ? postgresUserOf(root) : undefined };
}

/** Whether this process may install packages and change the user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The files a root must have for `requirements`, seen from inside that root; [] when none is missing. */
export function missingFiles(root: string, { version, textSearch }: Requirements): string[] {
  const needed = [`/usr/lib/postgresql/${version}/bin/postgres`];
  if (version === "18") needed.push(extensionControl(version, "vector"));
  if (textSearch) needed.push(extensionControl(version, "pg_textsearch"));
  return needed.filter((file) => !existsSync(join(root, file)));
}

function extensionControl(version: ServerVersion, name: string): string {
  return `/usr/share/postgresql/${version}/extension/${name}.control`;
}

/** Whether the server can load the module `name`, as in `shared_preload_libraries`. */
export function hasLibrary({ root, version }: Installation, name: string): boolean {
  return existsSync(join(root, `/usr/lib/postgresql/${version}/lib/${name}.so`));
}

/** The path of one of PostgreSQL's programs, seen from inside the root. */
export function postgresProgram({ version }: Installation, name: string): string {
  return `/usr/lib/postgresql/${version}/bin/${name}`;
}

/** A path of this machine as programs inside the root see it. */
export function insideRoot({ root }: Installation, path: string): string {
  return root === "/" ? path : path.slice(root.length);
}

/** Options of {@link spawnAsPlainUser}. */
export interface SpawnAsPlainUserOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio?: StdioOptions;
  /** Own session, so that a terminal's Ctrl-C does not reach the program. Default false */
  readonly detached?: boolean;
}

/**
 * Starts a program of the installation as its plain user; the child's pid is that program's own.
 * Of the caller's environment it sees nothing, because PGHOST, PGOPTIONS and the like would change what it does.
 */
export function spawnAsPlainUser(
  { root, user }: Installation,
  program: string,
  args: readonly string[],
  { env, stdio = "pipe", detached = false }: SpawnAsPlainUserOptions = {},
): ChildProcess {
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const options = { env: { PATH: path, LC_ALL: "C.UTF-8", TZ: "UTC", ...env }, stdio, detached, cwd: "/" };
  if (root === "/") return spawn(program, args, { ...options, ...user });
  return spawn("chroot", ["--userspec=postgres:postgres", root, program, ...args], options);
}

/** Runs one of PostgreSQL's programs to its end as the plain user, and returns what it wrote. */
export async function runPostgresProgram(
  installation: Installation,
  name: string,
  args: readonly string[],
  { env = {}, input = "" }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<string> {
  const child = spawnAsPlainUser(installation, postgresProgram(installation, name), args, { env });
  return (await outputOf(child, name, input)).stdout;
}

function postgresUserOf(root: string): { uid: number; gid: number } {
  const users = readFileSync(join(root, "etc/passwd"), "utf8");
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  throw new TestServerError(
    "NOT_INSTALLED",
    `there is no user postgres in ${join(root, "etc/passwd")}, and a server must not run as root; ` +
      "create it with: useradd --system postgres",
  );
}
