import { flagDefinitions, newId, rowsOf, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import type { FlagDefinitionCacheProvider, PostHog } from "posthog-node";
import { expect, expectTypeOf, test } from "vitest";
import { createFeatureFlags, defineFlags, flagDefinitionCache, posthogFlags } from "../../../src/flags.ts";
import { type PosthogServer, startPostHogServer } from "../../../src/testing.ts";
import { apiKey, secretKey, startClient } from "../../support/posthog-client.ts";

const database = useTestDatabase();
const declared = defineFlags({ "new-editor": { variants: ["control", "a"] }, "dark-mode": {} });

/** A server whose flags change with `rollout`, and what it was asked. */
async function startServer(state: { rollout: number; status?: number }): Promise<PosthogServer> {
  return startPostHogServer({
    apiKey,
    flags: {
      secretKey,
      status: () => state.status,
      definitions: () => ({
        flags: [
          {
            id: 1,
            key: "dark-mode",
            active: true,
            filters: { groups: [{ rollout_percentage: state.rollout }] },
          },
          {
            id: 2,
            key: "new-editor",
            active: true,
            filters: {
              groups: [{ properties: [{ key: "plan", value: "pro", operator: "exact", type: "person" }] }],
              multivariate: {
                variants: [
                  { key: "control", rollout_percentage: 50 },
                  { key: "a", rollout_percentage: 50 },
                ],
              },
            },
          },
        ],
      }),
    },
  });
}

const fetches = (server: PosthogServer) => server.flagRequests.map(({ status }) => status);
const startProcess = (server: PosthogServer, project: string, options: { now?: () => Date } = {}) =>
  startClient(server, {
    flagDefinitionCacheProvider: flagDefinitionCache({ db: database.db, project, ...options }),
  });
/** The flags of a hundred people. */
async function valuesOf(client: PostHog): Promise<unknown[]> {
  const flags = createFeatureFlags({ flags: declared, provider: posthogFlags(client) });
  const people = Array.from({ length: 100 }, (_, n) => ({
    userId: `person-${n}`,
    personProperties: { plan: "pro" },
  }));
  return Promise.all(people.map((person) => flags.getAllFlags(person)));
}
const darkShare = (values: unknown[]) =>
  values.filter((value) => (value as { "dark-mode": boolean })["dark-mode"]).length / values.length;
const endLease = () =>
  withService(database.db, (tx) =>
    tx.execute(
      sql`update devora.flag_definitions set leased_until = now() - interval '1 second' where leased_until is not null`,
    ),
  );

test("it is posthog-node's cache provider", () => {
  expectTypeOf(flagDefinitionCache).returns.toExtend<FlagDefinitionCacheProvider>();
});

test("flags survive a restart while PostHog is down", async () => {
  const project = newId();
  const server = await startServer({ rollout: 40 });
  const first = startProcess(server, project);
  const before = await valuesOf(first);
  expect(darkShare(before)).toBeGreaterThan(0.2);
  expect(fetches(server)).toEqual([200]);
  await first.shutdown();
  expect(server.violations).toEqual([]);
  await server.close();

  const second = startProcess(server, project);
  expect(await valuesOf(second)).toEqual(before);
  // It goes on asking, and keeps what it has.
  await second.reloadFeatureFlags();
  await second.reloadFeatureFlags();
  expect(await valuesOf(second)).toEqual(before);
  await second.shutdown();
  const third = startProcess(server, project);
  expect(await valuesOf(third)).toEqual(before);
});

test("of several processes one fetches for all, and another takes over when it ends", async () => {
  const project = newId();
  const state = { rollout: 0 };
  await using server = await startServer(state);
  const [a, b] = [startProcess(server, project), startProcess(server, project)];
  // Both start on an empty table: posthog-node fetches rather than have nothing.
  await valuesOf(a);
  await valuesOf(b);
  const started = server.flagRequests.length;
  state.rollout = 100;
  for (let poll = 0; poll < 3; poll++) {
    await a.reloadFeatureFlags();
    await b.reloadFeatureFlags();
  }
  // The one that fetches got the new ones once, and then that nothing had changed; the other asked the database.
  expect(fetches(server).slice(started)).toEqual([200, 304, 304]);
  expect(darkShare(await valuesOf(a))).toBe(1);
  expect(darkShare(await valuesOf(b))).toBe(1);

  await a.shutdown();
  await b.shutdown();
  const last = startProcess(server, project);
  expect(darkShare(await valuesOf(last))).toBe(1);
  state.rollout = 0;
  await last.reloadFeatureFlags();
  expect(darkShare(await valuesOf(last))).toBe(0);
  expect(server.violations).toEqual([]);
});

test("a process that is gone holds nothing up beyond its lease, and one that was slow overwrites nothing", async () => {
  const project = newId();
  const cache = () => flagDefinitionCache({ db: database.db, project });
  const [slow, quick] = [cache(), cache()];
  expect(await slow.shouldFetchFlagDefinitions()).toBe(true);
  expect(await quick.shouldFetchFlagDefinitions()).toBe(false);
  expect(await quick.getFlagDefinitions()).toBeUndefined();
  expect(await slow.shouldFetchFlagDefinitions()).toBe(true);
  await endLease();
  expect(await quick.shouldFetchFlagDefinitions()).toBe(true);
  await quick.onFlagDefinitionsReceived({ flags: ["new"] });
  await slow.onFlagDefinitionsReceived({ flags: ["old"] });
  await slow.shutdown();
  expect(await slow.shouldFetchFlagDefinitions()).toBe(false);
  expect(await slow.getFlagDefinitions()).toEqual({ flags: ["new"] });
  await quick.shutdown();
  expect(await slow.shouldFetchFlagDefinitions()).toBe(true);
});

test("of many that ask at once one fetches", async () => {
  const project = newId();
  const caches = Array.from({ length: 8 }, () => flagDefinitionCache({ db: database.db, project }));
  const answers = await Promise.all(caches.map((cache) => cache.shouldFetchFlagDefinitions()));
  expect(answers.filter(Boolean)).toHaveLength(1);
});

test("the process that fetches lets go after its term", async () => {
  const project = newId();
  let ms = 0;
  const cache = () => flagDefinitionCache({ db: database.db, project, now: () => new Date(ms) });
  const [a, b] = [cache(), cache()];
  expect([await a.shouldFetchFlagDefinitions(), await b.shouldFetchFlagDefinitions()]).toEqual([true, false]);
  ms = 599_999;
  expect([await a.shouldFetchFlagDefinitions(), await b.shouldFetchFlagDefinitions()]).toEqual([true, false]);
  ms = 600_000;
  expect([await a.shouldFetchFlagDefinitions(), await b.shouldFetchFlagDefinitions()]).toEqual([false, true]);
  expect([await a.shouldFetchFlagDefinitions(), await b.shouldFetchFlagDefinitions()]).toEqual([false, true]);
  // Alone, it goes on after a poll.
  await b.shutdown();
  expect(await a.shouldFetchFlagDefinitions()).toBe(true);
  ms = 1_200_000;
  expect(await a.shouldFetchFlagDefinitions()).toBe(false);
  expect(await a.shouldFetchFlagDefinitions()).toBe(true);
});

test("refusals keep what is there: a wrong key, a limit, a server that fails", async () => {
  const project = newId();
  const state: { rollout: number; status?: number } = { rollout: 100 };
  await using server = await startServer(state);
  const client = startProcess(server, project);
  expect(darkShare(await valuesOf(client))).toBe(1);
  for (const status of [401, 429, 503]) {
    state.status = status;
    await client.reloadFeatureFlags();
    expect(darkShare(await valuesOf(client))).toBe(1);
  }
  const restarted = startProcess(server, project);
  expect(darkShare(await valuesOf(restarted))).toBe(1);
});

test("a database that is away costs no flag", async () => {
  await using server = await startServer({ rollout: 100 });
  const broken = {
    execute: () => Promise.reject(new Error("away")),
    transaction: () => Promise.reject(new Error("away")),
  };
  const client = startClient(server, {
    flagDefinitionCacheProvider: flagDefinitionCache({ db: broken as never, project: "p" }),
  });
  expect(darkShare(await valuesOf(client))).toBe(1);
});

test("projects are apart, and none of it is the app's to read", async () => {
  const [one, other] = [newId(), newId()];
  const cache = flagDefinitionCache({ db: database.db, project: one });
  await cache.shouldFetchFlagDefinitions();
  await cache.onFlagDefinitionsReceived({ flags: [] });
  expect(await flagDefinitionCache({ db: database.db, project: other }).getFlagDefinitions()).toBeUndefined();
  const kept = await withService(database.db, (tx) => tx.select().from(flagDefinitions));
  expect(kept.find(({ project }) => project === one)).toMatchObject({
    definitions: { flags: [] },
    fetchedAt: expect.any(Date),
  });
  const read = database.db.transaction(async (tx) => {
    await tx.execute(sql`set local role devora_app`);
    return rowsOf(tx, sql`select 1 from devora.flag_definitions`);
  });
  await expect(read).rejects.toThrow();
});

test.each([{ db: {} }, { project: "" }, { leaseMs: 10 }, { now: 1 }])("options %j are refused", (wrong) => {
  expect(() => flagDefinitionCache({ db: database.db, project: "p", ...wrong } as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
