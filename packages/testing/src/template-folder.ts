import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, newId } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";

/** A migrated PGlite data folder in the temporary folder, made once per state of the migrations and of the login that owns it. */
export async function makeTemplateFolder(): Promise<string> {
  const source = new URL("../../db-schema/src/", import.meta.url);
  const hash = createHash("sha256")
    .update(await readFile(new URL("migrations.generated.ts", source)))
    .update(await readFile(new URL("embedded/login.ts", source)))
    .digest("hex")
    .slice(0, 16);
  const folder = join(tmpdir(), `devora-test-template-${hash}`);
  if (existsSync(folder)) return folder;

  const draft = mkdtempSync(join(tmpdir(), "devora-test-draft-"));
  const embedded = await openEmbedded({ dataDir: draft });
  await migrate({ client: embedded.client });
  await embedded.close();
  try {
    renameSync(draft, folder);
  } catch {
    // Another run finished first; its folder is as good.
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** A name for one test's copy. */
export const copyFolder = (): string => join(tmpdir(), `devora-test-${newId()}`);
