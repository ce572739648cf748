import { sql } from "drizzle-orm";
import { type Database, rowsOf } from "../database.ts";
import { withDatabaseErrors } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import { withService } from "../scope.ts";
import { addMonths, type Calendar, iso } from "./calendar.ts";
import { analyzeTables, fill } from "./fill.ts";
import { installedModules } from "./installed-modules.ts";
import { type SeedOptions, seedSettings } from "./options.ts";
import { partsOf } from "./parts.ts";
import type { Person } from "./people.ts";
import { planPopulation } from "./population.ts";
import { demoEmail } from "./rows/users.ts";
import { type SeedTableName, seedTables } from "./tables.ts";

export interface PopulationSummary {
  size: number;
  seed: number;
  /** The first user: demo@example.com, an administrator on the pro plan. */
  demoUserId: string;
  /** Midnight UTC of the day on which the first user came. */
  from: Date;
  /** The present of the population: `now`. */
  to: Date;
  /** Rows written, per table; 0 where the table's module is not installed. */
  counts: Record<SeedTableName, number>;
  durationMs: number;
}

/**
 * Fills the tables of module `app`, and those of `analytics` and `metrics` where they are installed, with a
 * population that hangs together: French and English users over the past months with their projects, files,
 * conversations, deployments and bills, and the events that all this would have left behind.
 *
 * Deterministic: the same size, seed, months and `now` give the same ids and rows. No row is younger than `now`.
 * Other users stay as they are. Rows go in by batches, each in a transaction of its own as the service; pass a
 * transaction as `db` to have all or nothing.
 *
 * @throws {SchemaError} INVALID_OPTION for options out of range, when tables of module `app` are missing, or when
 * the population's demo user exists already
 * @throws {DatabaseError} when the database refuses
 *
 * @example
 * const { demoUserId, counts } = await seedPopulation(db, { size: 0.1, seed: 7 });
 */
export async function seedPopulation(db: Database, options: SeedOptions = {}): Promise<PopulationSummary> {
  const settings = seedSettings(options);
  const startedAt = performance.now();
  settings.signal?.throwIfAborted();
  const installed = await withDatabaseErrors("seed.check", () => installedModules(db));
  const population = planPopulation(settings);
  const demo = population.people[0] as Person;
  await withDatabaseErrors("seed.check", () => assertAbsent(db, demo));
  if (installed.analytics) {
    await withDatabaseErrors("seed.partitions", () => ensurePartitions(db, population.calendar));
  }

  const counts = noRows();
  for (const part of partsOf(population, installed)) {
    counts[part.table] = await withDatabaseErrors(`seed.${part.table}`, () => fill(db, part, settings));
  }
  await withDatabaseErrors("seed.analyze", () => analyzeTables(db));
  return {
    size: settings.size,
    seed: settings.seed,
    demoUserId: demo.id,
    from: new Date(population.calendar.from),
    to: settings.now,
    counts,
    durationMs: performance.now() - startedAt,
  };
}

async function assertAbsent(db: Database, demo: Person): Promise<void> {
  const [found] = await withService(db, (tx) =>
    rowsOf(
      tx,
      sql`
        select exists (
          select from users
          where id = ${demo.id}::uuid or (email_normalized = ${demoEmail}::text and deleted_at is null)
        ) as present`,
    ),
  );
  if (found?.present === true) {
    throw new SchemaError(
      "POPULATION_EXISTS",
      `seedPopulation: a population is there already, as its demo user (${demoEmail}) exists. Go on with it, or seed an empty database.`,
    );
  }
}

async function ensurePartitions(db: Database, { from, now }: Calendar): Promise<void> {
  const [first, next] = [from, addMonths(now, 1)].map((timeMs) => iso(timeMs).slice(0, 10));
  await withService(db, (tx) =>
    tx.execute(sql`select devora.ensure_event_partitions(${first}::date, ${next}::date)`),
  );
}

const noRows = (): Record<SeedTableName, number> => {
  const names = Object.keys(seedTables) as SeedTableName[];
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<SeedTableName, number>;
};
