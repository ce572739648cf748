import { type Database, migrate, systemConfig, withService } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { seedPopulation } from "@devora/db-schema/seed";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

export interface BenchDatabase {
  db: Database;
  /** Which server, for the report. */
  description: string;
  close(): Promise<void>;
}

/**
 * A database with the population of a size: on the server of DATABASE_URL, where a second run finds it again,
 * or embedded in memory.
 */
export async function openBenchDatabase(size: number, log: (text: string) => void): Promise<BenchDatabase> {
  const database = await open(process.env.DATABASE_URL);
  const name = "bench.population";
  const [known] = await withService(database.db, (tx) =>
    tx.select().from(systemConfig).where(eq(systemConfig.name, name)),
  );
  if (known) {
    const { size: kept } = known.value as { size: number };
    if (kept !== size)
      throw new Error(
        `DATABASE_URL holds a population of size ${kept}, not ${size}. Point it at an empty database.`,
      );
    return database;
  }
  log(`filling ${database.description} with a population of size ${size} …`);
  const start = performance.now();
  await seedPopulation(database.db, { size });
  await withService(database.db, (tx) => tx.insert(systemConfig).values({ name, value: { size } }));
  await database.db.execute("analyze");
  log(`filled in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return database;
}

async function open(url: string | undefined): Promise<BenchDatabase> {
  if (url) {
    await migrate({ url });
    const client = postgres(url, { max: 4, onnotice: () => {} });
    return {
      db: drizzle({ client }) as unknown as Database,
      description: "the server of DATABASE_URL",
      close: () => client.end(),
    };
  }
  const embedded = await openEmbedded();
  await migrate({ client: embedded.client });
  return { db: embedded.db, description: "an embedded database in memory", close: () => embedded.close() };
}
