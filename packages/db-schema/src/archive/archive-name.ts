import { existsSync } from "node:fs";
import { join } from "node:path";
import { archiveSuffix, type Manifest, manifestFileOf, readManifest } from "./manifest.ts";
import { assertWhole } from "./read-lines.ts";

/**
 * Where an archive goes: the month's name, or the first of `-2`, `-3` … that is free. A name is free for the same
 * events too, whose archive was left without its drop, or without its file, when a process died.
 */
export async function archiveFileFor(folder: string, manifest: Manifest): Promise<string> {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const file = join(folder, `${manifest.partition}${suffix}${archiveSuffix}`);
    const [hasFile, hasManifest] = [existsSync(file), existsSync(manifestFileOf(file))];
    if (!hasFile && !hasManifest) return file;
    if (hasManifest && (await isOf(file, hasFile, manifest))) return file;
  }
}

/** Whether what is there is of the same events; a file that is broken may not be replaced, it may be all there is. */
async function isOf(file: string, hasFile: boolean, manifest: Manifest): Promise<boolean> {
  try {
    const { partition, events, sha256 } = await readManifest(file);
    if (partition !== manifest.partition || events !== manifest.events || sha256 !== manifest.sha256)
      return false;
    if (hasFile) await assertWhole(file, manifest);
    return true;
  } catch {
    return false;
  }
}
