import { type Database, newId, projectFiles, projects, users, withService } from "@devora/db-schema";
import type { Search, Source } from "@devora/search";
import { seededRandom } from "../../random.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { exportedNames, repositoryFiles, type SourceFile, splitName } from "./repository.ts";

const asked = 300;

/** Looks names up that this repository's code exports; the right first hit is a file that declares the name. */
export async function lookupRows(
  db: Database,
  search: Search<Source>,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  const files = await repositoryFiles();
  const ownerId = await insertFiles(db, files);
  const names = sample([...exportedNames(files)]);
  const share = async (queryOf: (name: string) => string) => {
    let right = 0;
    const missed: string[] = [];
    for (const [name, paths] of names) {
      const { results } = await search.searchAll({ query: queryOf(name), ownerId, limit: 1 });
      if (paths.has(results[0]?.title ?? "")) right++;
      else missed.push(name);
    }
    if (missed.length > 0) log(`missed: ${missed.slice(0, 20).join(", ")}${missed.length > 20 ? " …" : ""}`);
    return (100 * right) / names.length;
  };
  const row = (how: string, measured: number) =>
    toRow({
      suite: "search",
      name: `${names.length} names of this repository in ${files.length} files, ${how}: first hit`,
      measured,
      unit: "%",
      goal: 95,
      better: "higher",
    });
  return [row("whole", await share((name) => name)), row("split into words", await share(splitName))];
}

function sample<T>(all: readonly T[]): T[] {
  const random = seededRandom(7);
  return all
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, asked)
    .map(({ item }) => item);
}

/** As one project of a user of its own; answers that user's id. */
async function insertFiles(db: Database, files: readonly SourceFile[]): Promise<string> {
  const userId = newId();
  const projectId = newId();
  await withService(db, async (tx) => {
    await tx.insert(users).values({ id: userId, email: "repository@example.com" });
    await tx.insert(projects).values({ id: projectId, userId, name: "This repository" });
    for (let at = 0; at < files.length; at += 100) {
      const rows = files.slice(at, at + 100).map(({ path, content }) => ({
        id: newId(),
        userId,
        projectId,
        path,
        programmingLanguage: "typescript",
        content,
        sizeBytes: Buffer.byteLength(content),
        contentHash: "x",
      }));
      await tx.insert(projectFiles).values(rows);
    }
  });
  await db.execute("vacuum (analyze) project_files");
  return userId;
}
