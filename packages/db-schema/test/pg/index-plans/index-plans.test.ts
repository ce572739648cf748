import { type Database, rowsOf, withService, withUser } from "@devora/db-schema";
import { hasServer, installedModules, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { appPlans } from "./app.ts";
import type { IndexPlan } from "./facts.ts";
import { analyticsPlans, corePlans, embeddingsPlans, metricsPlans, searchPlans } from "./modules.ts";
import { type Known, populate } from "./population.ts";

// Every index costs each write of its table. So each has to name a query that it serves, and PostgreSQL has to choose
// it for that query by itself, at a realistic size, as the role that asks.

const database = useTestDatabase();
const byModule = {
  core: corePlans,
  app: appPlans,
  analytics: analyticsPlans,
  metrics: metricsPlans,
  search: searchPlans,
  embeddings: embeddingsPlans,
};
const plans = installedModules().flatMap((module) => byModule[module]);

let known: Known;
/** Index of a partition to the index of the parent that it belongs to. */
let parents: Map<string, string>;

const unqualified = (name: unknown): string => String(name).replace(/^.*\./, "");

async function planOf(plan: IndexPlan): Promise<string> {
  const explain = async (tx: Database): Promise<string> =>
    (await rowsOf(tx, sql`explain ${plan.sql(known)}`)).map((row) => String(row["QUERY PLAN"])).join("\n");
  if (plan.as === "user") return withUser(database.db, known.user, explain);
  return withService(database.db, explain, plan.as === "kernel" ? { role: "devora_definer" } : {});
}

function indexesIn(plan: string): string[] {
  const names = [
    ...plan.matchAll(/(?:Index (?:Only )?Scan (?:Backward )?using|Bitmap Index Scan on) (\S+)/g),
  ];
  return names.map(([, name = ""]) => parents.get(unqualified(name)) ?? unqualified(name));
}

describe.runIf(hasServer())("PostgreSQL chooses (servers only: PGlite takes half a minute to fill)", () => {
  beforeAll(async () => {
    known = await populate(database.db, installedModules());
    const rows = await rowsOf(
      database.db,
      sql`select inhrelid::regclass::text as child, inhparent::regclass::text as parent from pg_inherits`,
    );
    parents = new Map(rows.map((row) => [unqualified(row.child), unqualified(row.parent)]));
  }, 300_000);

  test.each(plans.map((plan) => [plan.index, plan.query, plan.as, plan] as const))(
    "%s for %s, as %s",
    async (index, _query, _as, plan) => {
      const text = await planOf(plan);
      expect(indexesIn(text), text).toContain(index);
    },
  );
});

/** Unique keys and what they are for. Primary keys are for their table; every insert checks them. */
const uniqueKeys: Record<string, string> = {
  users_stripe_customer_id_key: "one account per Stripe customer, found by webhooks",
  projects_user_id_id_key: "target of the children's foreign keys",
  project_files_user_id_id_key: "target of foreign keys of hosts' own children",
  conversations_user_id_id_key: "target of the children's foreign keys",
  messages_user_id_id_key: "target of the children's foreign keys",
  subscriptions_user_id_id_key: "target of the children's foreign keys, and a user's subscriptions",
  subscriptions_stripe_subscription_id_key: "one row per Stripe subscription, found by webhooks",
  subscription_changes_subscription_id_effective_from_key: "a subscription has one price at a time",
  invoices_stripe_invoice_id_key: "one row per Stripe invoice, found by webhooks",
  invoices_user_id_number_key: "a customer's invoices are numbered without doubles",
  answer_feedback_user_id_message_id_key: "one judgement per answer, and the parent's delete",
  ...(installedModules().includes("embeddings") && {
    embedding_models_name_dimensions_version_key: "one row per model, found by name",
    chunks_source_entity_id_ordinal_key: "each passage once, and an entity's passages in order",
    embedding_jobs_source_entity_id_owner_id_key: "one job per row and owner, also of rows that nobody owns",
  }),
};

test("every index has a query, every unique key its reason", async () => {
  const rows = await rowsOf(
    database.db,
    sql`
      select c.relname::text as name, k.contype = 'u' as is_unique_key
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u')
      where n.nspname in ('public', 'devora') and c.relkind in ('i', 'I') and not c.relispartition
        and k.contype is distinct from 'p'
      order by 1`,
  );
  const named = (key: boolean) =>
    rows.filter((row) => (row.is_unique_key === true) === key).map((row) => String(row.name));
  const known = new Set(plans.map((plan) => plan.index));
  expect(
    named(false).filter((name) => !known.has(name)),
    "add the query that each of these serves to test/pg/index-plans, or drop the index",
  ).toEqual([]);
  expect(
    // A model's index is made when the model has vectors.
    [...known].filter((name) => !named(false).includes(name) && !name.endsWith("_hnsw_idx")),
    "no such index: take it out of test/pg/index-plans",
  ).toEqual([]);
  expect(named(true), "say in uniqueKeys what the key is for").toEqual(Object.keys(uniqueKeys).sort());
});
