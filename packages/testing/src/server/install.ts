import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { aptInstall } from "./apt.ts";
import { buildDebianRoot } from "./debian-root.ts";
import { TestServerError } from "./errors.ts";
import { withFileLock } from "./file-lock.ts";
import {
  type Installation,
  installationIn,
  isRoot,
  missingFiles,
  type Requirements,
  type ServerVersion,
} from "./installation.ts";
import type { Step } from "./step.ts";

/** The folder that keeps what was fetched: `devora-data` in `$XDG_CACHE_HOME`, by default in `~/.cache`. */
export function cacheFolder(): string {
  const configured = process.env.XDG_CACHE_HOME ?? "";
  return join(isAbsolute(configured) ? configured : join(homedir(), ".cache"), "devora-data");
}

/**
 * The programs of a suitable PostgreSQL: those of this machine if they meet the requirements, otherwise fetched.
 * Version 15 is installed by apt (Debian 12), version 18 goes into a cached Debian root of its own.
 * Two callers at once fetch it once.
 * @throws {TestServerError} NOT_INSTALLED when it is missing and this process is not root;
 *   INSTALL or COMMAND when fetching fails
 */
export async function ensureInstallation(requirements: Requirements, step: Step): Promise<Installation> {
  const { version } = requirements;
  const ready = findInstallation(requirements);
  if (ready) return ready;
  if (!isRoot()) throw notInstalled(requirements);

  return withFileLock(join(cacheFolder(), "install.lock"), async () => {
    const meanwhile = findInstallation(requirements);
    if (meanwhile) return meanwhile;
    if (version === "15") await step("install postgresql-15", () => aptInstall(["postgresql-15"]));
    else await buildDebianRoot(cachedRoot(), step);
    const installed = findInstallation(requirements);
    if (installed) return installed;
    throw notInstalled(requirements);
  });
}

/** The PgBouncer of the installation's root; that of this machine is installed by apt when it is missing. */
export async function ensurePgBouncer({ root }: Installation, step: Step): Promise<string> {
  const program = "/usr/sbin/pgbouncer";
  if (existsSync(join(root, program))) return program;
  if (root === "/" && isRoot()) {
    await withFileLock(join(cacheFolder(), "install.lock"), () =>
      step("install pgbouncer", () => aptInstall(["pgbouncer"])),
    );
    return program;
  }
  throw new TestServerError(
    "NOT_INSTALLED",
    `there is no ${join(root, program)}; install it as root with: apt-get install pgbouncer`,
  );
}

/** Whether `startServer` of this version finds its programs, and fetches nothing. */
export function isInstalled(version: ServerVersion): boolean {
  return findInstallation({ version, textSearch: false }) !== undefined;
}

function cachedRoot(): string {
  return join(cacheFolder(), "postgres-18");
}

function findInstallation(requirements: Requirements): Installation | undefined {
  if (missingFiles("/", requirements).length === 0) return installationIn("/", requirements.version);
  const root = cachedRoot();
  // Only root may enter the cached root.
  if (requirements.version !== "18" || !isRoot() || !existsSync(root)) return undefined;
  const missing = missingFiles(root, requirements);
  if (missing.length === 0) return installationIn(root, requirements.version);
  throw new TestServerError(
    "INSTALL",
    `the cached root ${root} lacks ${missing.join(", ")}; remove that folder while no server runs in it, then try again`,
  );
}

function notInstalled(requirements: Requirements): TestServerError {
  const { version } = requirements;
  const missing = missingFiles("/", requirements).join(", ");
  const packages = version === "15" ? "postgresql-15" : "postgresql-18 and postgresql-18-pgvector";
  return new TestServerError(
    "NOT_INSTALLED",
    `PostgreSQL ${version} is not installed (${missing} not found); install ${packages}, run as root on Debian ` +
      "so that it can be fetched, or set DATABASE_URL to a server of your own",
  );
}
