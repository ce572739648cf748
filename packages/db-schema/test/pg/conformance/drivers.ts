import type { Database } from "@devora/db-schema";
import {
  createTestDatabase,
  deferred,
  hasServer,
  needsEveryLane,
  poolerUrlOf,
  type TestDatabase,
} from "@devora/testing";
import { drizzle as drizzleNodePostgres } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePostgresJs } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const laneNames = [
  "PGlite",
  "postgres.js",
  "node-postgres Pool",
  "node-postgres Client",
  "postgres.js through PgBouncer",
] as const;
/** A way to reach PostgreSQL on which everything must behave alike. */
export type LaneName = (typeof laneNames)[number];

/** A driver's client under Drizzle. */
export interface OpenClient {
  client: unknown;
  db: Database;
  /** Settles when the driver has noticed that a connection of this client is gone. */
  lost: Promise<void>;
  close(): Promise<void>;
}

/** A migrated database of its own, behind one driver. */
export interface LaneDatabase {
  readonly lane: LaneName;
  readonly db: Database;
  /** The same database by another connection, to look on and to interfere; `db` itself on PGlite. */
  readonly observer: Database;
  /** Another client of the lane on the same database, which the caller closes. Only on a server. */
  reopen(): Promise<OpenClient>;
}

/**
 * Declares `suite` once for each driver. A lane that this run cannot have is skipped with the reason in its name;
 * in CI a lane of a server that is missing fails.
 */
export function describeDrivers(suite: (database: LaneDatabase) => void): void {
  for (const lane of laneNames) {
    const reason = reasonToSkip(lane);
    if (reason === undefined) describe(lane, () => suite(useLane(lane)));
    else if (lane !== "PGlite" && needsEveryLane()) {
      test(lane, () => expect.fail(`CI needs this lane: ${reason}`));
    } else describe.skip(`${lane} (skipped: ${reason})`, () => suite(useLane(lane)));
  }
}

function reasonToSkip(lane: LaneName): string | undefined {
  if (lane === "PGlite") return hasServer() ? "runs where DATABASE_URL is unset" : undefined;
  if (!hasServer()) return "DATABASE_URL names no server";
  const needsPooler = lane.endsWith("PgBouncer") && poolerUrlOf("postgres://any/database") === undefined;
  return needsPooler ? "PGBOUNCER_URL is unset" : undefined;
}

function useLane(lane: LaneName): LaneDatabase {
  let observed: TestDatabase | undefined;
  let main: OpenClient | undefined;
  const urlOf = (database: TestDatabase) => {
    const direct = database.url ?? "";
    return lane.endsWith("PgBouncer") ? (poolerUrlOf(direct) ?? direct) : direct;
  };
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("A lane's database is open within tests and hooks alone.");
    return value;
  };
  beforeAll(async () => {
    observed = await createTestDatabase();
    main =
      lane === "PGlite"
        ? { ...observed, lost: deferred().promise, close: async () => {} }
        : await openDriver(lane, urlOf(observed));
  });
  afterAll(async () => {
    await main?.close();
    await observed?.close();
  });
  return {
    lane,
    get db() {
      return opened(main).db;
    },
    get observer() {
      return opened(observed).db;
    },
    reopen: () => openDriver(lane, urlOf(opened(observed))),
  };
}

/** A client of the lane's driver, small, so that calls at once have to share connections. */
async function openDriver(lane: LaneName, url: string): Promise<OpenClient> {
  const { promise: lost, resolve } = deferred();
  // In the next turn, when the driver has told everyone.
  const noticed = () => void setImmediate(resolve);
  if (lane.startsWith("postgres.js")) {
    const client = postgres(url, { max: 3, onnotice: () => {}, onclose: noticed });
    const db = drizzlePostgresJs({ client }) as unknown as Database;
    return { client, db, lost, close: () => client.end({ timeout: 5 }) };
  }
  const client = lane.endsWith("Pool") ? openPool(url, noticed) : await openClient(url, noticed);
  const db = drizzleNodePostgres({ client }) as unknown as Database;
  return { client, db, lost, close: () => client.end() };
}

// Without listeners for errors a connection that dies ends the process: docs/drivers.md.
function openPool(url: string, onLost: () => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}).on("end", onLost));
  return pool;
}

async function openClient(url: string, onLost: () => void): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {}).on("end", onLost);
  await client.connect();
  return client;
}
