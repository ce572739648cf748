import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { runCommand } from "./run-command.ts";

/** Files that keep packages, once they exist, from starting a service or creating a database cluster. */
export const quietInstallFiles = [
  { path: "/usr/sbin/policy-rc.d", text: "#!/bin/sh\nexit 101\n", mode: 0o755 },
  {
    path: "/etc/postgresql-common/createcluster.d/devora-test-server.conf",
    text: "create_main_cluster = off\n",
    mode: 0o644,
  },
] as const;

/**
 * Installs Debian packages on this machine (as root) without starting a service or creating a cluster.
 * @throws {TestServerError} COMMAND with the last lines of apt-get
 */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const written: string[] = [];
  try {
    for (const { path, text, mode } of quietInstallFiles) {
      if (existsSync(path)) continue;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { mode });
      written.push(path);
    }
    await runCommand("apt-get", ["update"], { env });
    const options = ["-o", "DPkg::Lock::Timeout=300", "-y", "--no-install-recommends"];
    await runCommand("apt-get", ["install", ...options, ...packages], { env });
  } finally {
    for (const path of written) await rm(path, { force: true });
  }
}
