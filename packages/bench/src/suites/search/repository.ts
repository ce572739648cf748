import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly content: string;
}

const root = new URL("../../../../../", import.meta.url);

/** This repository's own code: `packages/<name>/src/**.ts`, without what is generated. */
export async function repositoryFiles(): Promise<SourceFile[]> {
  const packages = await readdir(new URL("packages/", root));
  const files: SourceFile[] = [];
  for (const name of packages.sort()) {
    const folder = `packages/${name}/src/`;
    const entries = await readdir(new URL(folder, root), { recursive: true }).catch(() => []);
    for (const entry of entries.sort()) {
      const path = `${folder}${entry.replaceAll("\\", "/")}`;
      if (!/\.ts$/.test(path) || /\.(generated|d)\.ts$/.test(path)) continue;
      files.push({ path, content: await readFile(fileURLToPath(new URL(path, root)), "utf8") });
    }
  }
  return files;
}

/** What each name is exported by: paths of the files that declare it. */
export function exportedNames(files: readonly SourceFile[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { path, content } of files) {
    const declared = content.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) ([A-Za-z_$][\w$]*)/gm,
    );
    for (const [, name = ""] of declared) {
      const paths = names.get(name) ?? new Set<string>();
      names.set(name, paths.add(path));
    }
  }
  return names;
}

/** `getUserById` -> `get User By Id`. */
export const splitName = (name: string): string =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replace(/[_$]+/g, " ")
    .trim();
