import {
  conversations,
  type Database,
  messages,
  projectFiles,
  projects,
  rowsOf,
  systemConfig,
  users,
  withService,
} from "@devora/db-schema";
import { seedPopulation } from "@devora/db-schema/seed";
import { and, eq, isNull, sql } from "drizzle-orm";
import { type HostOptions, UsageError } from "../options.ts";
import type { Progress } from "../progress.ts";
import type { Services } from "../services.ts";
import { describeImport, importFolder } from "./import-folder.ts";

/** The user whose projects the demo shows to a visitor that names nobody. */
export const demoEmail = "demo@example.com";
const marker = "demo.population";
/** Set before the population, so that one that was cut off is told from users that are not the demo's. */
const startedMarker = "demo.started";
const embeddedMarker = "demo.embedded";

/**
 * Fills the database for the demo: the population once, the imported folder as it is now.
 * @returns the demo user's id
 */
export async function prepareDemo(
  services: Services,
  options: HostOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const { db } = services;
  await populate(db, options, progress, signal);
  const userId = await demoUserId(db);

  const step = progress.step("Import files");
  const summary = await importFolder(db, {
    folder: options.importFolder,
    userId,
    onChanged: (ids, tx) =>
      services.embeddings.enqueue({ source: "files", ids, ownerId: userId }, { db: tx }).then(() => {}),
    onProgress: step.update,
  });
  step.finish(describeImport(summary));
  return userId;
}

/** Embeds everything once per model; what changes later is the worker's. */
export async function embedDemo(
  { db, embeddings, embedder }: Services,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const wanted = { model: embedder.model, dimensions: embedder.dimensions };
  const done = await readMarker(db, embeddedMarker);
  const step = progress.step("Embed passages");
  if (done !== undefined && JSON.stringify(done) === JSON.stringify(wanted)) {
    // What an import queued is done before the host is ready, so that the first question finds it.
    const worker = embeddings.createWorker({ batchSize: 200 });
    let entities = 0;
    for (let run = await worker.runOnce({ signal }); run.claimed > 0; run = await worker.runOnce({ signal }))
      entities += run.claimed;
    step.finish(`${entities} changed rows`);
    return;
  }
  const total = await countEntities(db);
  const summary = await embeddings.embedAll({
    signal,
    onProgress: ({ entities }) => step.update(entities, total),
  });
  step.finish(
    `${summary.chunks} passages of ${summary.entities} rows${summary.failed.length > 0 ? `, ${summary.failed.length} rows refused` : ""}`,
  );
  await writeMarker(db, embeddedMarker, wanted);
}

/** Counts the words of all rows once, so that the first misspelt query is corrected; later changes are the worker's. */
export async function countWords(
  { search }: Services,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const step = progress.step("Count words");
  const { folded } = await search.refreshStatistics({ signal });
  step.finish(`${folded.toLocaleString("en")} changes`);
}

async function countEntities(db: Database): Promise<number> {
  return withService(
    db,
    async (tx) => {
      const counts = [projects, projectFiles, conversations, messages].map((table) =>
        tx.$count(table, isNull(table.deletedAt)),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    { readOnly: true },
  );
}

async function readMarker(db: Database, name: string): Promise<unknown> {
  const [row] = await withService(
    db,
    (tx) => tx.select({ value: systemConfig.value }).from(systemConfig).where(eq(systemConfig.name, name)),
    { readOnly: true },
  );
  return row?.value ?? undefined;
}

async function writeMarker(db: Database, name: string, value: unknown): Promise<void> {
  await withService(db, (tx) =>
    tx
      .insert(systemConfig)
      .values({ name, value })
      .onConflictDoUpdate({ target: systemConfig.name, set: { value } }),
  );
}

/** The user of the demo, or undefined in a database that is no demo. */
export async function findDemoUser(db: Database): Promise<string | undefined> {
  const [user] = await withService(
    db,
    (tx) =>
      tx
        .select({ id: users.id })
        .from(users)
        .where(and(eq(users.emailNormalized, demoEmail), isNull(users.deletedAt))),
    { readOnly: true },
  );
  return user?.id;
}

async function demoUserId(db: Database): Promise<string> {
  const id = await findDemoUser(db);
  if (id === undefined)
    throw new UsageError(
      `The database has a population but no user ${demoEmail}. Use --reset, or another database.`,
    );
  return id;
}

async function hasUsers(db: Database): Promise<boolean> {
  return withService(db, async (tx) => (await tx.$count(users)) > 0, { readOnly: true });
}

/** Is there a population that was cut off before it was complete? */
export async function isHalfPopulated(db: Database): Promise<boolean> {
  return withService(
    db,
    async (tx) => {
      const [row] = await rowsOf(
        tx,
        sql`select exists (select from ${users}) as populated, exists (select from ${systemConfig} where ${systemConfig.name} = ${marker}) as complete,
          exists (select from ${systemConfig} where ${systemConfig.name} = ${startedMarker}) as started`,
      );
      return row?.started === true && row.populated === true && row.complete !== true;
    },
    { readOnly: true },
  );
}

async function populate(
  db: Database,
  { size, seed, databaseUrl }: HostOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const complete = await readMarker(db, marker);
  if (complete !== undefined) {
    const { size: kept } = complete as { size: number };
    progress.line(
      `Reusing the population of size ${kept}${kept === size ? "" : `, not ${size} (--reset makes a new one)`}`,
    );
    return;
  }
  if (await hasUsers(db)) {
    throw new UsageError(
      `${databaseUrl === undefined ? "The embedded database" : "The database of DATABASE_URL"} holds users that are not this demo's, or a demo that was cut off. ${databaseUrl === undefined ? "Choose another folder by --data" : "Point DATABASE_URL at an empty database"}, or start without --demo.`,
    );
  }
  await writeMarker(db, startedMarker, { size, seed });
  const steps = new Map<string, ReturnType<Progress["step"]>>();
  const summary = await seedPopulation(db, {
    size,
    seed,
    signal,
    onProgress: ({ table, done, total }) => {
      const step = steps.get(table) ?? progress.step(`Make ${table}`);
      steps.set(table, step);
      step.update(done, total);
      if (done >= total) step.finish(`${done.toLocaleString("en")} rows`);
    },
  });
  await writeMarker(db, marker, { size, seed, counts: summary.counts });
}
