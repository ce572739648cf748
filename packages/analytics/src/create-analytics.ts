import { type Analytics, assembleAnalytics } from "./analytics.ts";
import type { Catalogue } from "./catalogue/define-catalogue.ts";
import type { DevoraCatalogue } from "./catalogue/devora-catalogue.ts";
import { check } from "./check-option.ts";
import { checkDestinationNames } from "./destination-names.ts";
import { databaseStore, type EventStore } from "./event-store.ts";
import { type AnalyticsOptions, resolveOptions } from "./options.ts";

/**
 * Product events, typed by a catalogue and kept in the host's Postgres.
 *
 * Opens nothing and reads no environment variable; needs the migrations of the module `analytics`.
 *
 * @throws {AnalyticsError} INVALID_OPTION, INVALID_CATALOGUE
 *
 * @example
 * const analytics = createAnalytics({ db, environment: "production", onInvalid: (invalid) => log.warn(invalid) });
 * await withUser(db, userId, async (tx) => {
 *   await tx.insert(projects).values({ id: projectId, userId, name });
 *   await analytics.trackProjectCreated({ userId, projectId, projectName: name }, { db: tx });
 * });
 */
export function createAnalytics<C extends Catalogue = DevoraCatalogue>(
  options: AnalyticsOptions<C>,
): Analytics<C> {
  const { db, destinations = [], disabled = false } = options;
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  check("disabled", disabled, "true or false", typeof disabled === "boolean");
  const store = databaseStore(db, checkDestinationNames(check, destinations));
  return assembleAnalytics<C>(resolveOptions(options), disabled ? { ...store, write: writeNothing } : store);
}

const writeNothing: EventStore["write"] = async (rows) => new Map(rows.map(({ id }) => [id, "disabled"]));
