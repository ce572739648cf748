import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { aptInstall, quietInstallFiles } from "./apt.ts";
import { configuredMirror, proxyEnv } from "./apt-mirror.ts";
import { runCommand } from "./run-command.ts";
import type { Step } from "./step.ts";

/** The suite that carries PostgreSQL 18 with pgvector and pg_textsearch. */
const suite = "forky";
const packages = ["postgresql-18", "postgresql-18-pgvector", "postgresql-18-pg-textsearch", "pgbouncer"];

/**
 * Builds a minimal Debian root with PostgreSQL 18, its extensions and PgBouncer in the folder `target`
 * (about 500 MB; as root). It is built under another name and renamed when complete, so `target` is
 * either whole or absent; the caller keeps a second build away. No mount stays behind.
 * @throws {TestServerError} INSTALL without a usable mirror; COMMAND with the last lines of debootstrap
 */
export async function buildDebianRoot(target: string, step: Step): Promise<void> {
  const mirror = await configuredMirror();
  if (!existsSync("/usr/sbin/debootstrap")) {
    await step("install debootstrap", () => aptInstall(["debootstrap", "debian-archive-keyring"]));
  }
  await removeUnfinished(target);
  await mkdir(dirname(target), { recursive: true });
  const building = `${target}.building-${process.pid}`;
  await step(`fetch ${packages.join(", ")}`, () => fetchPackages(building, mirror));
  await step("configure the packages", () => configurePackages(building));
  await rename(building, target);
}

async function fetchPackages(root: string, mirror: string): Promise<void> {
  const options = ["--variant=minbase", "--foreign", "--force-check-gpg", `--include=${packages.join(",")}`];
  // A debootstrap older than the suite has no script for it; all recent suites share that of sid.
  const script = "/usr/share/debootstrap/scripts/sid";
  await runCommand("debootstrap", [...options, suite, root, mirror, script], { env: await proxyEnv() });
}

async function configurePackages(root: string): Promise<void> {
  for (const { path, text, mode } of quietInstallFiles) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode });
  }
  const env = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  await runCommand("chroot", [root, "/debootstrap/debootstrap", "--second-stage"], { env });
}

/** Removes what an interrupted build left, after the mounts that debootstrap may have made in it. */
async function removeUnfinished(target: string): Promise<void> {
  const prefix = `${basename(target)}.building-`;
  const siblings = await readdir(dirname(target)).catch(() => []);
  for (const name of siblings.filter((sibling) => sibling.startsWith(prefix))) {
    const folder = join(dirname(target), name);
    for (const mount of (await mountsBelow(folder)).reverse()) await runCommand("umount", [mount]);
    await runCommand("rm", ["-rf", "--one-file-system", folder]);
  }
}

async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return lines.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
}
