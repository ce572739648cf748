import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Why a file of the folder was not imported. */
export type SkipReason = "ignored" | "binary" | "oversized" | "unreadable";

export type Visit = { path: string; content: string } | { path: string; skipped: SkipReason };

/** Larger files are hardly ever written by hand. */
export const maximumBytes = 512 * 1024;
/** What `project_files.path` holds. */
const maximumPathBytes = 1024;

const alwaysIgnored = [
  ".git/",
  "node_modules/",
  ".devora/",
  ".turbo/",
  "dist/",
  "pnpm-lock.yaml",
  "package-lock.json",
  "yarn.lock",
  // Secrets are never imported, listed in a .gitignore or not.
  ".env*",
  "*.pem",
  "*.key",
  "id_rsa*",
];

/**
 * The text files below a folder, in order of their paths, and what was left out and why.
 * `.gitignore` files count; links are ignored, so that nothing outside the folder is read.
 * Paths are relative, with `/`.
 */
export async function* walkFolder(folder: string): AsyncGenerator<Visit> {
  yield* walk(folder, folder, [ignore().add(alwaysIgnored)], [""]);
}

async function* walk(
  root: string,
  folder: string,
  rules: readonly Ignore[],
  bases: readonly string[],
): AsyncGenerator<Visit> {
  const here = toPath(root, folder);
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch {
    yield { path: here, skipped: "unreadable" };
    return;
  }
  const own = await ignoreFile(folder);
  const allRules = own ? [...rules, own] : rules;
  const allBases = own ? [...bases, here] : bases;

  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = join(folder, entry.name);
    const path = toPath(root, full);
    const isFolder = entry.isDirectory();
    const isLinkOrDevice = !isFolder && !entry.isFile();
    if (isLinkOrDevice || isIgnored(isFolder ? `${path}/` : path, allRules, allBases)) {
      yield { path, skipped: "ignored" };
    } else if (isFolder) {
      yield* walk(root, full, allRules, allBases);
    } else {
      yield await visit(full, path);
    }
  }
}

const toPath = (root: string, full: string): string => relative(root, full).split(sep).join("/");

async function ignoreFile(folder: string): Promise<Ignore | undefined> {
  try {
    return ignore().add(await readFile(join(folder, ".gitignore"), "utf8"));
  } catch {
    return undefined;
  }
}

/** A rule file speaks of the paths below its own folder. */
function isIgnored(path: string, rules: readonly Ignore[], bases: readonly string[]): boolean {
  return rules.some((rule, index) => {
    const base = bases[index] ?? "";
    return rule.ignores(base === "" ? path : path.slice(base.length + 1));
  });
}

async function visit(full: string, path: string): Promise<Visit> {
  try {
    if (Buffer.byteLength(path) > maximumPathBytes) return { path, skipped: "unreadable" };
    if ((await stat(full)).size > maximumBytes) return { path, skipped: "oversized" };
    const bytes = await readFile(full);
    if (bytes.includes(0)) return { path, skipped: "binary" };
    return { path, content: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    // A fatal decoder throws a TypeError on bytes that are no UTF-8.
    return { path: path || basename(full), skipped: error instanceof TypeError ? "binary" : "unreadable" };
  }
}
