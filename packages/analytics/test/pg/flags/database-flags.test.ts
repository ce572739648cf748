import { readFileSync } from "node:fs";
import {
  analyticsEvents,
  analyticsOutbox,
  featureFlags,
  newId,
  rowsOf,
  withService,
  withUser,
} from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import {
  createFeatureFlags,
  type DatabaseFlags,
  databaseFlags,
  defineFlags,
  type FlagDefinition,
} from "../../../src/flags.ts";
import { createAnalytics } from "../../../src/index.ts";

const database = useTestDatabase();
const everyone = (key: string, changes: Partial<FlagDefinition> = {}): FlagDefinition => ({
  key,
  active: true,
  filters: { groups: [{}] },
  ...changes,
});
const nobody = { filters: { groups: [] } };
const person = { distinctId: "p", personProperties: {}, groups: {}, groupProperties: {} };
const answerOf = async (flags: DatabaseFlags, key: string) => (await flags.evaluate(person, [key])).get(key);

test("flags are defined, changed, archived and brought back, each change with its version", async () => {
  const flags = databaseFlags({ db: database.db });
  const key = newId();
  expect(await answerOf(flags, key)).toBeUndefined();
  const definition = everyone(key, {
    name: "A flag",
    filters: { groups: [{}], payloads: { true: '{"x":1}' } },
  });
  expect(await flags.define(definition)).toEqual({ version: 1 });
  expect(await answerOf(flags, key)).toEqual({ value: true, version: 1, payload: { x: 1 } });
  expect(await flags.define(definition)).toEqual({ version: 1 });
  expect(await flags.define(everyone(key, nobody))).toEqual({ version: 2 });
  expect(await answerOf(flags, key)).toEqual({ value: false, version: 2, payload: undefined });

  expect(await flags.archive(key)).toEqual({ archived: true });
  expect(await flags.archive(key)).toEqual({ archived: false });
  expect(await answerOf(flags, key)).toBeUndefined();
  const listed = (await flags.list()).find((flag) => flag.definition.key === key);
  expect(listed).toEqual({
    definition: everyone(key, nobody),
    version: 3,
    changedAt: expect.any(Date),
    archivedAt: expect.any(Date),
  });
  expect(await flags.define(everyone(key, nobody))).toEqual({ version: 4 });
  expect(await answerOf(flags, key)).toMatchObject({ value: false, version: 4 });
  expect((await flags.list()).find((flag) => flag.definition.key === key)?.archivedAt).toBeNull();
});

test("other processes follow within the ttl", async () => {
  let ms = 0;
  const [here, there] = [
    databaseFlags({ db: database.db }),
    databaseFlags({ db: database.db, ttlMs: 1_000, now: () => new Date(ms) }),
  ];
  const key = newId();
  await here.define(everyone(key));
  expect(await answerOf(there, key)).toMatchObject({ value: true });
  await here.define(everyone(key, nobody));
  ms = 999;
  expect(await answerOf(there, key)).toMatchObject({ value: true });
  ms = 1_000;
  await vi.waitFor(async () => expect(await answerOf(there, key)).toMatchObject({ value: false }));
});

test("a definition commits or rolls back with the caller's transaction", async () => {
  const flags = databaseFlags({ db: database.db });
  const key = newId();
  await expect(
    database.db.transaction(async (tx) => {
      await flags.define(everyone(key), { db: tx });
      throw new Error("back");
    }),
  ).rejects.toThrow("back");
  await flags.refresh();
  expect(await answerOf(flags, key)).toBeUndefined();
  await expect(flags.define({ ...everyone(key), active: "yes" as never })).rejects.toMatchObject({
    code: "INVALID_FLAG",
  });
  await expect(flags.archive("")).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test("hostile keys and values are data", async () => {
  const flags = databaseFlags({ db: database.db });
  const key = `'; drop table devora.feature_flags; -- ${newId()}`;
  const definition = everyone(key, {
    filters: { groups: [{ properties: [{ key: "a'b", operator: "icontains", value: "$1 \\ \" ' 🎈" }] }] },
  });
  await flags.define(definition);
  expect((await flags.list()).find((flag) => flag.definition.key === key)?.definition).toEqual(definition);
  await flags.archive(key);
});

test("the app reads definitions, in and outside a user's scope, and writes none", async () => {
  const flags = databaseFlags({ db: database.db });
  const key = newId();
  await flags.define(everyone(key));
  await withUser(database.db, newId(), async (tx) => {
    expect(await tx.$count(featureFlags, eq(featureFlags.key, key))).toBe(1);
    expect(await answerOf(databaseFlags({ db: tx }), key)).toMatchObject({ value: true });
  });
  for (const write of [
    sql`insert into devora.feature_flags (key, definition) values ('forged', '{}')`,
    sql`update devora.feature_flags set archived_at = now()`,
    sql`delete from devora.feature_flags`,
  ]) {
    await expect(withUser(database.db, newId(), (tx) => tx.execute(write))).rejects.toThrow();
  }
});

test("a database that goes away leaves the last definitions", async () => {
  let ms = 0;
  let isAway = false;
  const key = newId();
  await databaseFlags({ db: database.db }).define(everyone(key));
  const errors: unknown[] = [];
  const db = {
    execute: (query: never) => (isAway ? Promise.reject(new Error("away")) : database.db.execute(query)),
  };
  const flags = databaseFlags({
    db: db as never,
    ttlMs: 1_000,
    now: () => new Date(ms),
    onError: (error) => errors.push(error),
  });
  isAway = true;
  await expect(answerOf(flags, key)).rejects.toThrow("away");
  isAway = false;
  expect(await answerOf(flags, key)).toMatchObject({ value: true });
  isAway = true;
  for (let n = 1; n <= 3; n++) {
    ms = n * 2_000;
    expect(await answerOf(flags, key)).toMatchObject({ value: true });
    await vi.waitFor(() => expect(errors).toHaveLength(n));
  }
});

test("an experiment: exposures of several processes are kept once for each person, and queued for PostHog", async () => {
  const provider = databaseFlags({ db: database.db });
  const key = newId();
  await provider.define({
    key,
    active: true,
    filters: {
      groups: [{}],
      multivariate: {
        variants: [
          { key: "control", rollout_percentage: 50 },
          { key: "a", rollout_percentage: 50 },
        ],
      },
    },
  });
  const declared = defineFlags({ [key]: { variants: ["control", "a"] } });
  const people = Array.from({ length: 40 }, () => newId());
  const runProcess = async (run?: string) => {
    const analytics = createAnalytics({ db: database.db, destinations: ["posthog"] });
    const flags = createFeatureFlags({
      flags: defineFlags({ [key]: { variants: ["control", "a"], ...(run && { run }) } }),
      provider,
      exposures: analytics,
    });
    for (const userId of [...people, ...people]) await flags.getFeatureFlag(key, { userId });
    await analytics.close();
    return analytics.stats();
  };
  expect(await runProcess()).toMatchObject({ captured: 40, duplicate: 0 });
  expect(await runProcess()).toMatchObject({ captured: 0, duplicate: 40 });
  expect(await withService(database.db, (tx) => tx.$count(analyticsOutbox))).toBe(40);
  expect(await runProcess("second")).toMatchObject({ captured: 40, duplicate: 0 });

  // Half of those with the variant a deploy, one of them before.
  const variantOf = (userId: string) =>
    createFeatureFlags({ flags: declared, provider }).getFeatureFlag(key, { userId });
  const inA: string[] = [];
  for (const userId of people) if ((await variantOf(userId)) === "a") inA.push(userId);
  const analytics = createAnalytics({ db: database.db });
  const deployments = inA.slice(0, Math.floor(inA.length / 2));
  for (const [n, userId] of deployments.entries()) {
    await analytics.trackDeployment("deployment_succeeded", {
      userId,
      deploymentId: newId(),
      projectId: newId(),
      durationMs: 1,
      ...(n === 0 && { occurredAt: new Date(Date.now() - 3_600_000) }),
    });
  }
  const page = readFileSync(new URL("../../../../../docs/feature-flags.md", import.meta.url), "utf8");
  const query = /```sql\n(with exposed[\s\S]+?)```/.exec(page)?.[1]?.replace("'new-editor'", `'${key}'`);
  const results = await withService(database.db, (tx) => rowsOf(tx, sql.raw(String(query))));
  const converted = deployments.length - 1;
  expect(results).toEqual([
    {
      variant: "a",
      people: inA.length,
      converted,
      percent: Math.round((1000 * converted) / inA.length) / 10,
    },
    { variant: "control", people: 40 - inA.length, converted: 0, percent: 0 },
  ]);
  const [one] = await withService(database.db, (tx) =>
    tx
      .select()
      .from(analyticsEvents)
      .where(eq(analyticsEvents.distinctId, people[0] as string))
      .limit(1),
  );
  expect(one).toMatchObject({
    ownerId: people[0],
    properties: { $feature_flag: key, $feature_flag_version: 1 },
  });
});

test("an opted-out person has flags, and no exposures", async () => {
  const analytics = createAnalytics({ db: database.db });
  const provider = databaseFlags({ db: database.db });
  const [key, userId] = [newId(), newId()];
  await provider.define(everyone(key));
  await analytics.setConsent({ distinctId: userId, optedOut: true });
  const flags = createFeatureFlags({ flags: { [key]: {} }, provider, exposures: analytics });
  expect(await flags.isFeatureEnabled(key, { userId })).toBe(true);
  await analytics.close();
  expect(analytics.stats()).toMatchObject({ captured: 0, dropped: 1 });
});

test.each([
  { db: {} },
  { ttlMs: 1 },
  { groupTypes: "team" },
  { groupTypes: [""] },
  { onError: 1 },
  { now: 1 },
])("options %j are refused", (wrong) => {
  expect(() => databaseFlags({ db: database.db, ...wrong } as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
