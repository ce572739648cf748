import type { Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../validate.ts";
import { sourceFailed } from "./document-error.ts";
import { readFileBelow } from "./local-file.ts";
import { mediaTypeOf } from "./media-types.ts";
import type { SourceDocument } from "./source-document.ts";

/** Options of {@link folderDocuments}. */
export interface FolderOptions {
  /** Put before each path to make its uri, such as `handbook/`: keeps folders apart, and is what `prune` names. Default "". */
  readonly prefix?: string;
  /** Whether a file is taken, by its path within the folder (`guides/start.md`). Default: all are. */
  readonly include?: (path: string) => boolean;
}

/**
 * The documents of a folder and those below it, in the order of their paths: `.md`, `.markdown`, `.html`, `.htm`,
 * `.txt` and `.pdf`. Their uris are the paths within the folder, with `/`, behind `prefix`.
 *
 * Hidden files and folders, `node_modules` and symbolic links are left out. Files are read when their turn comes.
 *
 * @throws {RagError} SOURCE_FAILED, while it is iterated, when the folder or one below it cannot be read
 *
 * @example
 * folderDocuments("./docs", { prefix: "docs/", include: (path) => !path.startsWith("drafts/") })
 */
export async function* folderDocuments(
  folder: string,
  { prefix = "", include = () => true }: FolderOptions = {},
): AsyncGenerator<SourceDocument> {
  if (typeof folder !== "string" || folder === "") throw invalid("folder", folder, "the path of a folder");
  const root = await realpath(folder).catch((cause: unknown) => {
    throw sourceFailed(
      `folderDocuments: there is no folder ${JSON.stringify(folder)}. Correct its path.`,
      cause,
    );
  });
  for await (const path of filesBelow(root, "")) {
    const mimeType = mediaTypeOf(path);
    if (mimeType === undefined || !include(path)) continue;
    const full = join(root, path);
    const facts = await lstat(full).catch(() => undefined);
    yield {
      uri: prefix + path,
      mimeType,
      content: ({ maxBytes }) => readFileBelow(root, full, maxBytes),
      updatedAt: facts?.mtime,
    };
  }
}

async function* filesBelow(root: string, path: string): AsyncGenerator<string> {
  for (const entry of await entriesOf(root, path)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(root, below);
    else if (entry.isFile()) yield below;
  }
}

async function entriesOf(root: string, path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw sourceFailed(
      `folderDocuments: the folder ${JSON.stringify(path === "" ? root : path)} cannot be read. Give this process the right to read it.`,
      cause,
    );
  }
}
