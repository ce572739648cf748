import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, newId } from "@devora/db-schema";
import { type EmbeddedDatabase, openEmbedded } from "@devora/db-schema/embedded";

/** With the 128 MB of initdb, opening a copy takes twice the time: all of it is written when PostgreSQL starts. */
const settings = "\nshared_buffers = 16MB\n";
const source = new URL("../../db-schema/src/", import.meta.url);
const embeddedFiles = ["embedded/login.ts", "embedded/folder-version.ts"];

/** A migrated PGlite data folder, made once per state of the migrations and of the login that owns it. */
export const makeTemplateFolder = (): Promise<string> =>
  makeOnce("template", ["migrations.generated.ts", ...embeddedFiles], ({ client }) => migrate({ client }));

/** One with nothing in it, as `openEmbedded` makes it. */
export const makeEmptyFolder = (): Promise<string> => makeOnce("empty", embeddedFiles, async () => {});

/** A copy for one test. */
export function copyFolder(folder: string): string {
  const copy = join(tmpdir(), `devora-test-${newId()}`);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** A data folder in the temporary folder, named after what the `files` say that decide what is in it. */
async function makeOnce(
  kind: string,
  files: readonly string[],
  fill: (embedded: EmbeddedDatabase) => Promise<unknown>,
): Promise<string> {
  const hash = createHash("sha256").update(settings);
  for (const file of files) hash.update(readFileSync(new URL(file, source)));
  const folder = join(tmpdir(), `devora-test-${kind}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;

  const draft = mkdtempSync(join(tmpdir(), "devora-test-draft-"));
  const embedded = await openEmbedded({ dataDir: draft });
  await fill(embedded);
  await embedded.close();
  appendFileSync(join(draft, "postgresql.conf"), settings);
  try {
    renameSync(draft, folder);
  } catch {
    // Another run finished first; its folder is as good.
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}
