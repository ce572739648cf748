import { type Database, newId, rowsOf, withService, withUser } from "@devora/db-schema";
import { inRole, installedModules, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { installedFacts } from "./facts.ts";

// These functions pass the policies by; what they let through, their own text decides.
const database = useTestDatabase();
const victim = newId();

/** A call in the victim's name, and how many of the victim's rows it made or changed. */
interface Probe {
  /** Rows of the victim that must be there first. */
  plant?(service: Database): Promise<unknown>;
  call(tx: Database, id: string): Promise<unknown>;
  harm(service: Database, id: string): Promise<number>;
}

const countOf = async (db: Database, query: ReturnType<typeof sql>): Promise<number> => {
  const [row] = await rowsOf(db, query);
  return Number(row?.count);
};

/** A function that reads: what it answers to a call is the harm. */
function readingProbe(plant: readonly SQL[], call: SQL): Probe {
  let seen = 0;
  return {
    plant: async (service) => {
      for (const statement of plant) await service.execute(statement);
    },
    call: async (tx) => {
      seen = (await rowsOf(tx, call)).length;
    },
    harm: async () => seen,
  };
}

const plantedWord = [
  sql`
    insert into devora.search_vocabulary (owner_id, source, language, word, documents)
    values (${victim}, 's', 'en', 'confidential', 1) on conflict do nothing`,
  sql`
    insert into devora.search_words (source, word, owners, documents) values ('s', 'confidential', 4, 1000)
    on conflict do nothing`,
];

const probes: Record<string, Probe> = {
  "devora.search_frequencies_v1(text[],text[])": readingProbe(
    [
      sql`
        insert into devora.search_statistics (source, language, lexeme, documents)
        values ('s', 'en', 'confidenti', 99) on conflict do nothing`,
    ],
    sql`select * from devora.search_frequencies_v1('{s}', '{confidenti}')`,
  ),
  "devora.search_collection_v1(text[],text)": readingProbe(
    [
      sql`
        insert into devora.search_collections (source, owner_id, documents) values ('s', ${victim}, 5)
        on conflict do nothing`,
    ],
    sql`select * from devora.search_collection_v1('{s}', ${victim})`,
  ),
  "devora.search_corrections_v1(text[],text[])": readingProbe(
    plantedWord,
    sql`select * from devora.search_corrections_v1('{confidental,confidential}', '{s}')`,
  ),
  "devora.search_completions_v1(text,text,text[],integer)": readingProbe(
    [
      ...plantedWord,
      sql`
        insert into devora.search_queries (id, owner_id, query, query_hash, sources, result_count, duration_ms)
        values (${newId()}, ${victim}, 'confidential matters', 'h', '{s}', 1, 1) on conflict do nothing`,
    ],
    sql`select * from devora.search_completions_v1('confid', 'confid', '{s}', 50)`,
  ),
  "devora.capture_events(jsonb,text[])": {
    call: (tx, id) => {
      const event = {
        id,
        event: "forged",
        distinct_id: victim,
        owner_id: victim,
        occurred_at: "2026-01-01T00:00:00Z",
      };
      return tx.execute(
        sql`select * from devora.capture_events(${JSON.stringify([event])}::jsonb, '{posthog}')`,
      );
    },
    harm: (service, id) =>
      countOf(
        service,
        sql`select count(*)::int from devora.analytics_events where id = ${id}::uuid and owner_id = ${victim}::text`,
      ),
  },
  "devora.capture_with_aliases(jsonb,text[])": {
    // A victim that is known: an alias of it would count its events for the thief.
    plant: (service) =>
      service.execute(sql`
        insert into devora.analytics_events (id, event, distinct_id, owner_id, occurred_at)
        values (${newId()}, 'signed_up', ${victim}, ${victim}, '2026-01-01T00:00:00Z')`),
    call: async (tx, id) => {
      const alias = (distinctId: string, alias: string, owner: string | null) => ({
        id: distinctId === victim ? id : newId(),
        event: "$create_alias",
        distinct_id: distinctId,
        owner_id: owner,
        occurred_at: "2026-01-01T00:00:00Z",
        properties: { alias },
      });
      const [me] = await rowsOf(tx, sql`select nullif(current_setting('app.user_id', true), '') as id`);
      const thief = String(me?.id ?? "nobody");
      const events = [alias(thief, victim, thief), alias(victim, "a", null), alias(victim, "b", victim)];
      await tx.execute(
        sql`select * from devora.capture_with_aliases(${JSON.stringify(events)}::jsonb, '{posthog}')`,
      );
    },
    harm: (service, id) =>
      countOf(
        service,
        sql`select (select count(*) from devora.user_aliases where ${victim} in (alias, distinct_id))
                   + (select count(*) from devora.analytics_events where id::text = ${id}) as count`,
      ),
  },
  "devora.log_search_queries(jsonb)": {
    call: (tx, id) => {
      const entry = {
        id,
        owner_id: victim,
        query: "forged",
        query_hash: "h",
        sources: ["s"],
        result_count: 0,
        relaxed: false,
        duration_ms: 1,
        occurred_at: "2026-01-01T00:00:00Z",
      };
      return tx.execute(sql`select devora.log_search_queries(${JSON.stringify([entry])}::jsonb)`);
    },
    harm: (service, id) =>
      countOf(
        service,
        sql`select count(*)::int from devora.search_queries where id = ${id}::uuid and owner_id = ${victim}::text`,
      ),
  },
  "devora.enqueue_embeddings(text,text[],text)": {
    call: async (tx, id) => {
      await tx.execute(sql`select devora.enqueue_embeddings('s', array[${id}::text], ${victim}::text)`);
      const me = sql`current_setting('app.user_id', true)`;
      await tx.execute(sql`select devora.enqueue_embeddings('s', array[${"taken"}::text], ${me})`);
    },
    harm: (service, id) =>
      countOf(
        service,
        sql`select count(*)::int from devora.embedding_jobs
            where owner_id = ${victim}::text and (entity_id = ${id}::text or version > 1)`,
      ),
  },
};

test("every function that devora_app may call with another's rights has a probe", () => {
  const functions = Object.entries(installedFacts().functions)
    .filter(([, { definer, execute }]) => definer && execute.includes("devora_app"))
    .map(([name]) => name);
  expect(Object.keys(probes)).toEqual(expect.arrayContaining(functions));
});

const principals = {
  "another user": (fn: (tx: Database) => Promise<unknown>) => withUser(database.db, newId(), fn),
  "a malformed user": (fn: (tx: Database) => Promise<unknown>) => withUser(database.db, `${victim}' --`, fn),
  "another user inside the victim": (fn: (tx: Database) => Promise<unknown>) =>
    withUser(database.db, victim, (outer) => withUser(outer, newId(), fn)),
};

describe.each(Object.keys(probes))("%s", (name) => {
  const probe = probes[name];
  test
    .runIf(name.includes("embeddings") ? installedModules().includes("embeddings") : true)
    .each(Object.entries(principals))("does nothing in another's name for %s", async (_principal, enter) => {
    if (!probe) throw new Error(`${name} has no probe.`);
    const { db } = database;
    if (name.includes("enqueue")) {
      await withUser(db, victim, (tx) =>
        tx.execute(sql`select devora.enqueue_embeddings('s', array['taken'], ${victim}::text)`),
      );
      await withService(db, (tx) => tx.execute(sql`update devora.embedding_jobs set version = 1`));
    }
    await withService(db, async (tx) => probe.plant?.(tx));
    const id = newId();
    await enter((tx) => probe.call(tx, id));
    expect(await withService(db, (tx) => probe.harm(tx, id))).toBe(0);
  });
});

test("the probes see harm: in the victim's own scope, and without any, the call goes through", async () => {
  const probe = probes["devora.capture_events(jsonb,text[])"];
  if (!probe) throw new Error("The probe is gone.");
  const { db } = database;
  const [own, unscoped] = [newId(), newId()];
  await withUser(db, victim, (tx) => probe.call(tx, own));
  expect(await withService(db, (tx) => probe.harm(tx, own))).toBe(1);
  // Work that belongs to no request, such as a webhook, names the owner itself; docs/security.md says so.
  await inRole(db, "devora_app", (tx) => probe.call(tx, unscoped));
  expect(await withService(db, (tx) => probe.harm(tx, unscoped))).toBe(1);
});

test.each(Object.entries(probes).filter(([, { plant }]) => plant))(
  "%s answers the service, and its owner where rows are the owner's",
  async (name, probe) => {
    const { db } = database;
    await withService(db, async (tx) => probe.plant?.(tx));
    if (name.includes("frequencies")) {
      await withService(db, (tx) => tx.execute(sql`update devora.search_statistics set documents = 100`));
    }
    await withUser(db, victim, (tx) => probe.call(tx, newId()));
    expect(await withService(db, (tx) => probe.harm(tx, ""))).toBeGreaterThan(0);
    await withService(db, (tx) => probe.call(tx, newId()));
    expect(await withService(db, (tx) => probe.harm(tx, ""))).toBeGreaterThan(0);
  },
);
