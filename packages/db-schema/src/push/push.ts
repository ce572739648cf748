import { withDatabaseErrors } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import { withMigrationLock } from "../migrations/lock.ts";
import { migrate } from "../migrations/migrate.ts";
import type { MigrationName } from "../migrations/migration.ts";
import { openSession } from "../migrations/open-session.ts";
import type { MigrationSession, MigrationTarget } from "../migrations/session.ts";
import { status } from "../migrations/status.ts";
import { type ModuleName, moduleNames, withRequirements } from "../modules.ts";
import { type Baseline, baselineOf } from "./baseline.ts";
import { describeSnapshot } from "./copy.ts";
import { runStatement } from "./execute.ts";
import type { Discarded } from "./findings.ts";
import { assertNothingLost, readCatalogue } from "./guard.ts";
import { type Kit, loadKit, type Snapshot } from "./kit.ts";
import { readLive } from "./live.ts";
import { keyOf } from "./names.ts";
import { protectStatements, schemaStatements } from "./new-tables.ts";
import type { PushOptions, PushResult } from "./options.ts";
import { ofModules, tablesOf } from "./own-tables.ts";
import { type Plan, planOf } from "./plan.ts";
import { foreignKeysLast, missingOf, narrow } from "./schema-snapshot.ts";

/**
 * Brings a database to Drizzle tables, for development: first the migrations, then what the tables have beyond them.
 *
 * It adds and alters, and drops nothing: where the tables ask for a drop, or for a change that may lose values, it
 * executes nothing and lists all of it. Policies are never touched; a new table gets its own from
 * `devora.protect_table` by its column `user_id` or `owner_id`. Everything runs in one transaction, at whose end the
 * catalogue is compared with what it was. It never asks a question.
 *
 * Needs drizzle-kit 0.31 and, like {@link migrate}, a direct session whose login owns the tables. A second run finds
 * nothing to do. Any number of processes may push and migrate at once.
 *
 * @throws {SchemaError} PUSH_REFUSED, MISSING_PACKAGE, INVALID_OPTION, and those of {@link migrate}
 * @throws {DatabaseError} when the server cannot be reached or the login may not read the ledger
 *
 * @example
 * import { push } from "@devora/db-schema/push";
 * import * as schema from "./schema.ts"; // your own tables, and edited ones of ours
 * const { statements, discarded } = await push({ url, schema });
 */
export async function push(options: PushOptions): Promise<PushResult> {
  const { schema, dryRun = false, lockTimeoutMs = 60_000, onStep = () => {} } = options;
  const kit = await loadKit();
  const target = targetOf(options);
  const { modules, pending } = await modulesOf(target, options.modules);
  const own = kit.snapshotOf(tablesOf(modules));
  const wanted = wantedOf({ kit, own, modules, schema });
  const migrated = dryRun ? pending : (await migrate({ ...target, modules, lockTimeoutMs })).applied;
  // What is missing after the migrations is known only after them.
  if (dryRun && migrated.length > 0) return { migrated, statements: [], discarded: wanted.discarded };

  return withSession(target, (session) =>
    withMigrationLock(session, lockTimeoutMs, () =>
      inTransaction(session, async () => {
        const work = await prepare(session, {
          kit,
          snapshot: wanted.snapshot,
          baseline: baselineOf(own, modules),
        });
        const discarded = [...wanted.discarded, ...work.discarded];
        if (!dryRun) await execute(session, { work, onStep });
        return { migrated, statements: work.statements, discarded };
      }),
    ),
  );
}

function wantedOf({
  kit,
  own,
  modules,
  schema,
}: {
  kit: Kit;
  own: Snapshot;
  modules: readonly ModuleName[];
  schema: PushOptions["schema"];
}): { snapshot: Snapshot; discarded: Discarded[] } {
  if (schema === undefined) return narrow(own);
  const present = ofModules(schema, modules);
  const { snapshot, discarded } = narrow(kit.snapshotOf(present.schema));
  return { snapshot, discarded: [...present.discarded, ...discarded] };
}

const targetOf = ({ url, client }: PushOptions): MigrationTarget => ({
  ...(url === undefined ? {} : { url }),
  ...(client === undefined ? {} : { client }),
});

/** The modules that the database has, and those asked for; all for an empty database. */
async function modulesOf(
  target: MigrationTarget,
  asked: readonly ModuleName[] | undefined,
): Promise<{ modules: ModuleName[]; pending: MigrationName[] }> {
  const states = await status({ ...target, ...(asked === undefined ? {} : { modules: asked }) });
  const installed = moduleNames.filter((module) =>
    states.some((migration) => migration.module === module && migration.state !== "pending"),
  );
  const modules = withRequirements([...installed, ...(asked ?? (installed.length === 0 ? moduleNames : []))]);
  const pending = states.flatMap(({ module, name, state }) =>
    modules
      .filter((known) => known === module && state === "pending")
      .map((known) => ({ module: known, name })),
  );
  return { modules, pending };
}

const withSession = <T>(target: MigrationTarget, fn: (session: MigrationSession) => Promise<T>): Promise<T> =>
  withDatabaseErrors("push", async () => {
    const session = await openSession(target);
    try {
      return await fn(session);
    } finally {
      await session.release();
    }
  });

async function inTransaction<T>(session: MigrationSession, fn: () => Promise<T>): Promise<T> {
  try {
    await session.execute("begin; set local lock_timeout = '10s'");
    // drizzle-kit leaves `public` out of names, so it has to come first whatever the login's path is.
    await session.rows(
      "select set_config('search_path', concat_ws(', ', 'public', nullif(current_setting('search_path'), '')), true)",
    );
    const result = await fn();
    await session.execute("commit");
    return result;
  } catch (error) {
    await session.execute("rollback").catch(() => {});
    throw error;
  }
}

interface Work extends Pick<Plan, "newTables" | "renamed"> {
  statements: string[];
  discarded: Discarded[];
}

async function prepare(
  session: MigrationSession,
  { kit, snapshot, baseline }: { kit: Kit; snapshot: Snapshot; baseline: Baseline },
): Promise<Work> {
  const live = await readLive(session, snapshot);
  const missing = missingOf(snapshot, live);
  const wanted = await describeSnapshot(session, kit, { snapshot, missing });
  const plan = planOf({
    snapshot,
    wanted,
    live: live.tables,
    others: live.others,
    liveEnums: live.enums,
    baseline,
  });
  if (plan.refused.length > 0) throw refusal(plan.refused);
  return {
    statements: [
      ...missing.schemas.flatMap(schemaStatements),
      ...plan.before,
      ...foreignKeysLast(await kit.statementsBetween(plan.previous, snapshot)),
      ...plan.newTables.flatMap((table) => protectStatements(table, wanted.get(keyOf(table)))),
    ],
    newTables: plan.newTables,
    renamed: plan.renamed,
    discarded: plan.discarded,
  };
}

const refusal = (refused: readonly string[]): SchemaError =>
  new SchemaError(
    "PUSH_REFUSED",
    `push: nothing was executed, because the schema asks for what push does not do (drop, or lose values):\n${refused
      .map((line) => `- ${line}`)
      .join("\n")}\nWrite a migration for these, or put them back into the schema; then push again.`,
  );

async function execute(
  session: MigrationSession,
  { work, onStep }: { work: Work; onStep: NonNullable<PushOptions["onStep"]> },
): Promise<void> {
  if (work.statements.length === 0) return;
  const before = await readCatalogue(session);
  for (const [index, statement] of work.statements.entries()) {
    await onStep({ statement, index, total: work.statements.length });
    await runStatement(session, statement);
  }
  await assertNothingLost(session, { before, newTables: work.newTables, renamed: work.renamed });
}
