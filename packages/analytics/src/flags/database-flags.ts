import { type Database, type Row, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { checkFor, checkInteger } from "../check-option.ts";
import type { CallOptions } from "../event.ts";
import {
  allFlagsQuery,
  archiveFlagQuery,
  decodeFlag,
  defineFlagQuery,
  liveFlagsQuery,
  type StoredFlag,
} from "../queries/feature-flags.ts";
import { checkDefinition, isFlagText } from "./check-definition.ts";
import type { FlagDefinition } from "./definition.ts";
import { evaluateDefinition } from "./evaluate-definition.ts";
import type { FlagAnswer, FlagProvider } from "./ports.ts";
import { createRefreshed } from "./refreshed.ts";

export interface DatabaseFlagsOptions {
  /** Evaluating takes a member of `devora_app`; defining, listing and archiving one of `devora_service`. */
  db: Database;
  /** Milliseconds, 100 to 3,600,000, after which definitions are read again. Default 10,000. */
  ttlMs?: number;
  /** Types of groups, in the order to which `aggregation_group_type_index` refers. Default: none. */
  groupTypes?: readonly string[];
  /** Told where definitions could not be read again; the last ones are used on. Default: none. */
  onError?: (error: unknown) => void;
  /** Default: the system's clock. */
  now?: () => Date;
}

/** Flags that are defined in the database. */
export interface DatabaseFlags extends FlagProvider {
  /**
   * Puts a flag in, over what it was before, and back where it was archived. As the service. This process evaluates
   * it at once, unless `db` is a transaction; the others within `ttlMs`.
   * @throws {AnalyticsError} INVALID_FLAG
   */
  define(definition: FlagDefinition, call?: CallOptions): Promise<{ version: number }>;
  /** All flags by key, those that are archived among them. As the service. */
  list(call?: CallOptions): Promise<StoredFlag[]>;
  /** Takes a flag out of use: from then on it answers its fallback. False where it was not in use. As the service. */
  archive(key: string, call?: CallOptions): Promise<{ archived: boolean }>;
  /** Reads the definitions now: at the start of a process, so that no request waits for them. */
  refresh(): Promise<void>;
}

/**
 * Flags without PostHog, in the shape of its definitions, and with the same people in the same buckets.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 *
 * @example
 * const provider = databaseFlags({ db });
 * await provider.define({
 *   key: "dark-mode",
 *   active: true,
 *   filters: { groups: [{ properties: [{ key: "plan", value: "pro" }], rollout_percentage: 20 }] },
 * });
 */
export function databaseFlags(options: DatabaseFlagsOptions): DatabaseFlags {
  const { db, ttlMs = 10_000, groupTypes = [], onError = () => {}, now = () => new Date() } = options;
  const check = checkFor("databaseFlags");
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  checkInteger(check, "ttlMs", ttlMs, 100, 3_600_000);
  const areTypes = Array.isArray(groupTypes) && groupTypes.every(isFlagText);
  check("groupTypes", groupTypes, "an array of texts of 1 to 200 characters", areTypes);
  check("onError", onError, "a function", typeof onError === "function");
  check("now", now, "a function", typeof now === "function");

  const asService = (query: SQL, call: CallOptions = {}): Promise<Row[]> =>
    withDatabaseErrors("analytics.featureFlags", () => {
      call.signal?.throwIfAborted();
      return withService(call.db ?? db, (tx) => rowsOf(tx, query));
    });
  const live = createRefreshed(
    () =>
      withDatabaseErrors("analytics.featureFlags", async () => {
        const stored = (await rowsOf(db, liveFlagsQuery())).map(decodeFlag);
        return new Map(stored.map((flag) => [flag.definition.key, flag]));
      }),
    { ttlMs, now, onError },
  );
  /** What a transaction changed is not there yet; what was changed stays so where it cannot be read. */
  const changed = async (call: CallOptions | undefined) => {
    if (call?.db === undefined) await live.refresh().catch(onError);
  };

  return {
    async evaluate(subject, keys) {
      const flags = await live.get();
      const answers = new Map<string, FlagAnswer>();
      for (const key of keys) {
        const flag = flags.get(key);
        if (flag === undefined) continue;
        const value = evaluateDefinition(flag.definition, subject, groupTypes);
        answers.set(key, { value, version: flag.version, payload: payloadOf(flag.definition, value) });
      }
      return answers;
    },
    async define(definition, call) {
      const checked = checkDefinition(definition, groupTypes);
      const [row] = await asService(defineFlagQuery(checked.key, JSON.stringify(checked)), call);
      await changed(call);
      return { version: Number(row?.version) };
    },
    list: async (call) => (await asService(allFlagsQuery(), call)).map(decodeFlag),
    async archive(key, call) {
      check("key", key, "1 to 200 characters", isFlagText(key));
      const archived = (await asService(archiveFlagQuery(key), call)).length > 0;
      await changed(call);
      return { archived };
    },
    refresh: live.refresh,
  };
}

function payloadOf({ filters }: FlagDefinition, value: boolean | string): FlagAnswer["payload"] {
  const payloads = filters.payloads ?? {};
  const key = String(value);
  return value !== false && Object.hasOwn(payloads, key) ? JSON.parse(payloads[key] as string) : undefined;
}
