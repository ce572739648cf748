import { type Database, newId, type Row, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { checkFor, checkInteger } from "../check-option.ts";
import {
  keepDefinitionsQuery,
  readDefinitionsQuery,
  releaseFetchLeaseQuery,
  takeFetchLeaseQuery,
} from "../queries/flag-definitions.ts";
import { isFlagText } from "./check-definition.ts";

export interface FlagDefinitionCacheOptions {
  /** A login that is a member of `devora_service`. */
  db: Database;
  /** Names the PostHog project: its API key, which is no secret. 1 to 200 characters. */
  project: string;
  /**
   * Milliseconds, 1,000 to 86,400,000, after which another process fetches where the one that did is gone.
   * Default 90,000: above twice posthog-node's polling interval, whose default is 30,000.
   */
  leaseMs?: number;
  /** Default: the system's clock. */
  now?: () => Date;
}

/**
 * A `flagDefinitionCacheProvider` for posthog-node. `Definitions` is what its version of that type holds.
 * Made to fit it by structure, so that posthog-node stays optional.
 */
export interface FlagDefinitionCache {
  // biome-ignore lint/suspicious/noExplicitAny: posthog-node's own type, which changes with its versions
  getFlagDefinitions(): Promise<any>;
  shouldFetchFlagDefinitions(): Promise<boolean>;
  onFlagDefinitionsReceived(definitions: object): Promise<void>;
  shutdown(): Promise<void>;
}

/** After which the process that fetches lets another do it: its own way to PostHog may be the one that is broken. */
const termMs = 600_000;

/**
 * Keeps PostHog's flag definitions in the database: a process that starts has its flags at once, PostHog up or down,
 * and of several one fetches for all. They are served for as long as PostHog sends no others.
 *
 * One cache for each client. What fails here costs nothing: posthog-node then fetches for itself.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 */
export function flagDefinitionCache(options: FlagDefinitionCacheOptions): FlagDefinitionCache {
  const { db, project, leaseMs = 90_000, now = () => new Date() } = options;
  const check = checkFor("flagDefinitionCache");
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  check("project", project, "1 to 200 characters", isFlagText(project));
  checkInteger(check, "leaseMs", leaseMs, 1_000, 86_400_000);
  check("now", now, "a function", typeof now === "function");
  const run = (query: SQL): Promise<Row[]> =>
    withDatabaseErrors("analytics.flagDefinitions", () => withService(db, (tx) => rowsOf(tx, query)));
  const token = newId();
  let hasStarted = false;
  let fetchesSince: number | undefined;

  async function read(): Promise<unknown> {
    const [row] = await run(readDefinitionsQuery(project));
    return row === undefined ? undefined : JSON.parse(String(row.definitions));
  }

  return {
    getFlagDefinitions: read,
    async shouldFetchFlagDefinitions() {
      // posthog-node looks into the cache only where it is not to fetch. One that starts in an outage has to.
      if (!hasStarted) {
        hasStarted = true;
        if ((await read()) !== undefined) return false;
      }
      const time = now().getTime();
      if (fetchesSince !== undefined && time - fetchesSince >= termMs) {
        fetchesSince = undefined;
        await run(releaseFetchLeaseQuery(project, token));
        return false;
      }
      const [held] = await run(takeFetchLeaseQuery(project, token, leaseMs));
      fetchesSince = held === undefined ? undefined : (fetchesSince ?? time);
      return held !== undefined;
    },
    async onFlagDefinitionsReceived(definitions) {
      await run(keepDefinitionsQuery(project, token, JSON.stringify(definitions)));
    },
    async shutdown() {
      await run(releaseFetchLeaseQuery(project, token));
    },
  };
}
