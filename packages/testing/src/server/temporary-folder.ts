import { chownSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Installation } from "./installation.ts";
import { pollBlocking } from "./poll.ts";
import { hasEnded, processesMentioning, signalProcess } from "./processes.ts";

const prefix = `devora-postgres-${hostname().replace(/[^A-Za-z0-9.]/g, "")}-`;

/**
 * A new empty folder (mode 700) that belongs to the installation's plain user. Its name carries the machine and
 * the id of this process, by which {@link removeAbandonedFolders} knows whether it is still wanted.
 */
export function createTemporaryFolder({ temporaryFolder, user }: Installation): string {
  const folder = mkdtempSync(join(temporaryFolder, `${prefix}${process.pid}-`));
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** Removes a folder of {@link createTemporaryFolder}; a server that is just ending may still write into it. */
export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/**
 * Ends servers and removes folders that a process of this machine left when it was killed (SIGKILL runs no hook).
 * Only a server whose command line names the abandoned folder is ended, by its own id.
 */
export function removeAbandonedFolders({ temporaryFolder, user }: Installation): void {
  const uid = user?.uid ?? process.getuid?.();
  for (const name of readdirSync(temporaryFolder)) {
    if (!name.startsWith(prefix)) continue;
    const creator = Number(name.slice(prefix.length).split("-")[0]);
    if (!Number.isInteger(creator) || !hasEnded(creator)) continue;
    if (statSync(join(temporaryFolder, name), { throwIfNoEntry: false })?.uid !== uid) continue;
    const servers = processesMentioning(name, ["postgres", "pgbouncer"]);
    for (const pid of servers) signalProcess(pid, "SIGQUIT");
    pollBlocking(() => servers.every(hasEnded), 5000);
    removeTemporaryFolder(join(temporaryFolder, name));
  }
}
