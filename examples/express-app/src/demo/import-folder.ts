import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Database, newId, projectFiles, projects, withUser } from "@devora/db-schema";
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { UsageError } from "../options.ts";
import { programmingLanguageOf, textLanguageOf } from "./languages.ts";
import { maximumBytes, type SkipReason, walkFolder } from "./walk.ts";

export interface ImportSummary {
  projectId: string;
  /** Text files found. */
  files: number;
  /** Files that are new or differ from the last import. */
  changed: number;
  /** Files of the last import that are gone. */
  removed: number;
  skipped: Record<SkipReason, number>;
}

export interface ImportOptions {
  folder: string;
  userId: string;
  /** Called in the transaction that stores a batch, with the ids that need new embeddings. */
  onChanged: (ids: readonly string[], tx: Database) => Promise<void>;
  onProgress?: (done: number, total: number) => void;
}

type NewFile = typeof projectFiles.$inferInsert & { id: string };

/**
 * Imports the text files of a folder as one project of a user: its name is the folder's.
 * A second import of the folder stores what changed and removes what is gone.
 * @throws {UsageError} when the folder does not exist
 */
export async function importFolder(
  db: Database,
  { folder, userId, onChanged, onProgress }: ImportOptions,
): Promise<ImportSummary> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`--import: there is no folder ${folder}. Pass the path of a folder.`);

  const projectId = await projectOf(db, userId, folder);
  const { files, skipped } = await readFolder(folder, userId, projectId);
  const known = await knownFiles(db, userId, projectId);
  const changed = files.filter((file) => known.get(file.path)?.contentHash !== file.contentHash);
  const paths = new Set(files.map((file) => file.path));
  const removed = [...known].filter(([path]) => !paths.has(path)).map(([, file]) => file.id);

  const batchSize = 50;
  for (let start = 0; start < changed.length; start += batchSize) {
    const batch = changed.slice(start, start + batchSize);
    await withUser(db, userId, async (tx) => onChanged(await storeFiles(tx, batch), tx));
    onProgress?.(Math.min(start + batchSize, changed.length), changed.length);
  }
  if (removed.length > 0) {
    await withUser(db, userId, async (tx) => {
      await tx.update(projectFiles).set({ deletedAt: new Date() }).where(inArray(projectFiles.id, removed));
      await onChanged(removed, tx);
    });
  }
  return { projectId, files: files.length, changed: changed.length, removed: removed.length, skipped };
}

/** The user's project for this folder; the tag ties it to the path, so that two folders of one name stay apart. */
async function projectOf(db: Database, userId: string, folder: string): Promise<string> {
  const tag = `import:${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`;
  return withUser(db, userId, async (tx) => {
    const [existing] = await tx
      .select({ id: projects.id })
      .from(projects)
      .where(
        and(
          eq(projects.userId, userId),
          isNull(projects.deletedAt),
          sql`${tag}::text = any(${projects.tags})`,
        ),
      )
      .limit(1);
    if (existing) return existing.id;
    const id = newId();
    const name = basename(folder) || "root";
    await tx.insert(projects).values({
      id,
      userId,
      name,
      description: `Files of the folder ${name}`,
      projectType: "import",
      language: "en",
      tags: [tag],
    });
    return id;
  });
}

async function readFolder(folder: string, userId: string, projectId: string) {
  const skipped: Record<SkipReason, number> = { ignored: 0, binary: 0, oversized: 0, unreadable: 0 };
  const files: NewFile[] = [];
  for await (const visit of walkFolder(folder)) {
    if ("skipped" in visit) skipped[visit.skipped] += 1;
    else files.push(toFile(visit.path, visit.content, userId, projectId));
  }
  return { files, skipped };
}

function toFile(path: string, content: string, userId: string, projectId: string): NewFile {
  return {
    id: newId(),
    userId,
    projectId,
    path,
    content,
    programmingLanguage: programmingLanguageOf(basename(path)),
    language: textLanguageOf(content),
    sizeBytes: Buffer.byteLength(content),
    contentHash: createHash("sha256").update(content).digest("hex"),
  };
}

async function knownFiles(db: Database, userId: string, projectId: string) {
  const rows = await withUser(db, userId, (tx) =>
    tx
      .select({ id: projectFiles.id, path: projectFiles.path, contentHash: projectFiles.contentHash })
      .from(projectFiles)
      .where(
        and(
          eq(projectFiles.userId, userId),
          eq(projectFiles.projectId, projectId),
          isNull(projectFiles.deletedAt),
        ),
      ),
  );
  return new Map(rows.map((row) => [row.path, row]));
}

/** Answers the ids that the rows have: of a changed file, the one that it had. */
async function storeFiles(tx: Database, files: readonly NewFile[]): Promise<string[]> {
  const stored = await tx
    .insert(projectFiles)
    .values([...files])
    .onConflictDoUpdate({
      target: [projectFiles.userId, projectFiles.projectId, projectFiles.path],
      targetWhere: isNull(projectFiles.deletedAt),
      set: {
        content: sql`excluded.content`,
        contentHash: sql`excluded.content_hash`,
        sizeBytes: sql`excluded.size_bytes`,
        language: sql`excluded.language`,
        programmingLanguage: sql`excluded.programming_language`,
      },
    })
    .returning({ id: projectFiles.id });
  return stored.map((row) => row.id);
}

/** `1,204 files; skipped 12 ignored, 3 binary`. */
export function describeImport({ files, changed, removed, skipped }: ImportSummary): string {
  const left = Object.entries(skipped).filter(([, count]) => count > 0);
  const limit = skipped.oversized > 0 ? ` (over ${maximumBytes / 1024} kB)` : "";
  return [
    `${files} files, ${changed} changed${removed > 0 ? `, ${removed} removed` : ""}`,
    left.length > 0
      ? `; skipped ${left.map(([reason, count]) => `${count} ${reason}${reason === "oversized" ? limit : ""}`).join(", ")}`
      : "",
  ].join("");
}
