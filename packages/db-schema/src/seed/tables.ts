import { type SQL, sql } from "drizzle-orm";

/** A table to fill: its columns with their types, as `jsonb_to_recordset` needs them. */
export interface SeedTable {
  schema: "public" | "devora";
  name: string;
  /** Rows of one statement. */
  batch: number;
  columns: Readonly<Record<string, string>>;
  /** True for facts that may be there already and stay as they are. */
  shared?: true;
}

/** A row as JSON: times in ISO form, names as in the database. */
export type SeedRow<T extends SeedTable> = { [column in keyof T["columns"]]: unknown };

const ids = { id: "uuid", user_id: "uuid" } as const;
const times = { created_at: "timestamptz", updated_at: "timestamptz" } as const;
const deletable = { ...times, deleted_at: "timestamptz" } as const;
const terms = {
  plan: "text",
  currency: "text",
  amount_minor: "bigint",
  billing_interval: "text",
  quantity: "integer",
} as const;

/** In the order of their foreign keys. */
export const seedTables = {
  users: {
    schema: "public",
    name: "users",
    batch: 1000,
    columns: {
      id: "uuid",
      email: "text",
      display_name: "text",
      role: "text",
      locale: "text",
      country: "text",
      signup_source: "text",
      plan: "text",
      subscription_status: "text",
      stripe_customer_id: "text",
      current_period_end: "timestamptz",
      last_seen_at: "timestamptz",
      ...times,
    },
  },
  subscriptions: {
    schema: "public",
    name: "subscriptions",
    batch: 1000,
    columns: {
      ...ids,
      stripe_subscription_id: "text",
      status: "text",
      ...terms,
      started_at: "timestamptz",
      trial_end: "timestamptz",
      current_period_start: "timestamptz",
      current_period_end: "timestamptz",
      cancel_at_period_end: "boolean",
      canceled_at: "timestamptz",
      ended_at: "timestamptz",
      ...times,
    },
  },
  subscriptionChanges: {
    schema: "public",
    name: "subscription_changes",
    batch: 1000,
    columns: {
      ...ids,
      subscription_id: "uuid",
      effective_from: "timestamptz",
      effective_to: "timestamptz",
      status: "text",
      ...terms,
      created_at: "timestamptz",
    },
  },
  invoices: {
    schema: "public",
    name: "invoices",
    batch: 1000,
    columns: {
      ...ids,
      subscription_id: "uuid",
      stripe_invoice_id: "text",
      number: "text",
      status: "text",
      currency: "text",
      subtotal_minor: "bigint",
      tax_minor: "bigint",
      total_minor: "bigint",
      period_start: "timestamptz",
      period_end: "timestamptz",
      issued_at: "timestamptz",
      paid_at: "timestamptz",
      ...times,
    },
  },
  projects: {
    schema: "public",
    name: "projects",
    batch: 1000,
    columns: {
      ...ids,
      name: "text",
      description: "text",
      project_type: "text",
      status: "text",
      language: "text",
      tags: "text[]",
      ...deletable,
    },
  },
  projectFiles: {
    schema: "public",
    name: "project_files",
    batch: 500,
    columns: {
      ...ids,
      project_id: "uuid",
      path: "text",
      programming_language: "text",
      language: "text",
      content: "text",
      size_bytes: "integer",
      content_hash: "text",
      ...deletable,
    },
  },
  conversations: {
    schema: "public",
    name: "conversations",
    batch: 1000,
    columns: { ...ids, project_id: "uuid", title: "text", language: "text", ...deletable },
  },
  messages: {
    schema: "public",
    name: "messages",
    batch: 1000,
    columns: {
      ...ids,
      conversation_id: "uuid",
      role: "text",
      content: "text",
      language: "text",
      model: "text",
      prompt_tokens: "integer",
      completion_tokens: "integer",
      ...deletable,
    },
  },
  deployments: {
    schema: "public",
    name: "deployments",
    batch: 1000,
    columns: {
      ...ids,
      project_id: "uuid",
      provider: "text",
      status: "text",
      url: "text",
      error: "text",
      started_at: "timestamptz",
      finished_at: "timestamptz",
      ...times,
    },
  },
  excludedUsers: {
    schema: "devora",
    name: "excluded_users",
    batch: 1000,
    columns: { owner_id: "text", reason: "text", created_at: "timestamptz" },
  },
  currencyRates: {
    schema: "devora",
    name: "currency_rates",
    batch: 1000,
    columns: { day: "date", currency: "text", base_currency: "text", rate: "numeric" },
    shared: true,
  },
  analyticsEvents: {
    schema: "devora",
    name: "analytics_events",
    batch: 1000,
    columns: {
      id: "uuid",
      event: "text",
      distinct_id: "text",
      session_id: "text",
      occurred_at: "timestamptz",
      counts_as_activity: "boolean",
      retention_class: "text",
      properties: "jsonb",
      context: "jsonb",
    },
  },
} as const satisfies Record<string, SeedTable>;

export type SeedTableName = keyof typeof seedTables;

/** One parameter holds a whole batch: the fastest way that every driver has, and one statement for any size. */
export function insertQuery({ schema, name, columns, shared }: SeedTable, rows: readonly object[]): SQL {
  const names = columnNames(columns);
  return sql`
    insert into ${sql.identifier(schema)}.${sql.identifier(name)} (${names})
    select ${names} from ${recordset(columns, rows)}
    ${shared ? sql`on conflict do nothing` : sql.empty()}`;
}

/** Events and their ids in one statement; the owner is the distinct id. */
export function insertEventsQuery(rows: readonly object[]): SQL {
  return sql`
    with incoming as materialized (select * from ${recordset(seedTables.analyticsEvents.columns, rows)}),
    accepted as (insert into devora.event_ids (id, occurred_at) select id, occurred_at from incoming)
    insert into devora.analytics_events
      (id, event, distinct_id, owner_id, session_id, occurred_at, received_at,
       counts_as_activity, retention_class, properties, context)
    select id, event, distinct_id, distinct_id, session_id, occurred_at, occurred_at,
           counts_as_activity, retention_class, properties, context
    from incoming`;
}

const columnNames = (columns: SeedTable["columns"]): SQL =>
  sql.join(
    Object.keys(columns).map((column) => sql.identifier(column)),
    sql`, `,
  );

const recordset = (columns: SeedTable["columns"], rows: readonly object[]): SQL => {
  const definitions = Object.entries(columns).map(
    // The types are constants of this file.
    ([column, type]) => sql`${sql.identifier(column)} ${sql.raw(type)}`,
  );
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (${sql.join(definitions, sql`, `)})`;
};
