import { relations, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  pgView,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { softDelete, timestamps, tsvector } from "../columns.ts";
import { newId } from "../ids.ts";

const id = () => uuid("id").primaryKey().$defaultFn(newId);
const instant = (name: string) => timestamp(name, { withTimezone: true });
const live = sql`deleted_at is null`;

/** People with an account; the billing columns are a snapshot, history is in {@link subscriptionChanges}. */
export const users = pgTable(
  "users",
  {
    id: id(),
    email: text("email").notNull(),
    emailNormalized: text("email_normalized").notNull().generatedAlwaysAs(sql`lower(email)`),
    displayName: text("display_name").notNull().default(""),
    role: text("role", { enum: ["user", "admin"] })
      .notNull()
      .default("user"),
    locale: text("locale", { enum: ["fr", "en"] })
      .notNull()
      .default("en"),
    country: text("country"),
    signupSource: text("signup_source"),
    plan: text("plan").notNull().default("free"),
    subscriptionStatus: text("subscription_status", {
      enum: ["none", "trialing", "active", "past_due", "paused", "unpaid", "canceled"],
    })
      .notNull()
      .default("none"),
    stripeCustomerId: text("stripe_customer_id").unique("users_stripe_customer_id_key"),
    currentPeriodEnd: instant("current_period_end"),
    lastSeenAt: instant("last_seen_at"),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    uniqueIndex("users_email_normalized_live_idx").on(t.emailNormalized).where(live),
    index("users_created_at_idx").on(t.createdAt),
  ],
);

/** The foreign key of a row to the user who owns it, under the name that the migrations give it. */
const ownedByUser = (name: string, userId: AnyPgColumn) =>
  foreignKey({ name, columns: [userId], foreignColumns: [users.id] }).onDelete("cascade");

/** What a user builds. */
export const projects = pgTable(
  "projects",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull().default(""),
    projectType: text("project_type").notNull().default("web"),
    status: text("status", { enum: ["active", "archived"] })
      .notNull()
      .default("active"),
    language: text("language", { enum: ["fr", "en", "simple"] })
      .notNull()
      .default("en"),
    tags: text("tags").array().notNull().default(sql`'{}'::text[]`),
    searchVector: tsvector("search_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.search_vector(language, name, description)`),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    ownedByUser("projects_user_id_fkey", t.userId),
    unique("projects_user_id_id_key").on(t.userId, t.id),
    index("projects_user_id_created_at_idx")
      .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(live),
    index("projects_created_at_idx").using("brin", t.createdAt).with({ autosummarize: "on" }),
    index("projects_search_idx").using("gin", t.userId, t.searchVector).where(live),
    index("projects_name_trgm_idx").using("gin", t.name.op("gin_trgm_ops")).where(live),
  ],
);

/** Text files of a project, one row each. */
export const projectFiles = pgTable(
  "project_files",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    projectId: uuid("project_id").notNull(),
    path: text("path").notNull(),
    programmingLanguage: text("programming_language").notNull().default("text"),
    language: text("language", { enum: ["fr", "en", "simple"] })
      .notNull()
      .default("simple"),
    content: text("content").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    contentHash: text("content_hash").notNull(),
    searchVector: tsvector("search_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.search_vector(language, path, content)`),
    identifierVector: tsvector("identifier_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.identifier_vector(path || chr(10) || content)`),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    unique("project_files_user_id_id_key").on(t.userId, t.id),
    foreignKey({
      name: "project_files_project_fkey",
      columns: [t.userId, t.projectId],
      foreignColumns: [projects.userId, projects.id],
    }).onDelete("cascade"),
    uniqueIndex("project_files_user_id_project_id_path_live_idx")
      .on(t.userId, t.projectId, t.path)
      .where(live),
    index("project_files_user_id_project_id_idx").on(t.userId, t.projectId),
    index("project_files_search_idx").using("gin", t.userId, t.searchVector).where(live),
    index("project_files_identifier_idx").using("gin", t.userId, t.identifierVector).where(live),
    index("project_files_path_trgm_idx").using("gin", t.path.op("gin_trgm_ops")).where(live),
  ],
);

/** Chats of a user, about a project or in general. */
export const conversations = pgTable(
  "conversations",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    projectId: uuid("project_id"),
    title: text("title").notNull(),
    language: text("language", { enum: ["fr", "en", "simple"] })
      .notNull()
      .default("en"),
    searchVector: tsvector("search_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.search_vector(language, title, '')`),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    ownedByUser("conversations_user_id_fkey", t.userId),
    unique("conversations_user_id_id_key").on(t.userId, t.id),
    // In the database: on delete set null (project_id), which Drizzle cannot say.
    foreignKey({
      name: "conversations_project_fkey",
      columns: [t.userId, t.projectId],
      foreignColumns: [projects.userId, projects.id],
    }).onDelete("set null"),
    index("conversations_user_id_created_at_idx")
      .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(live),
    index("conversations_user_id_project_id_idx")
      .on(t.userId, t.projectId)
      .where(sql`project_id is not null`),
    index("conversations_created_at_idx").using("brin", t.createdAt).with({ autosummarize: "on" }),
    index("conversations_search_idx").using("gin", t.userId, t.searchVector).where(live),
    index("conversations_title_trgm_idx").using("gin", t.title.op("gin_trgm_ops")).where(live),
  ],
);

/** Turns of a conversation, in order of `createdAt`, then `id`. */
export const messages = pgTable(
  "messages",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    conversationId: uuid("conversation_id").notNull(),
    role: text("role", { enum: ["user", "assistant", "system"] }).notNull(),
    content: text("content").notNull(),
    language: text("language", { enum: ["fr", "en", "simple"] })
      .notNull()
      .default("en"),
    model: text("model"),
    promptTokens: integer("prompt_tokens"),
    completionTokens: integer("completion_tokens"),
    searchVector: tsvector("search_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.search_vector(language, '', content)`),
    ...timestamps(),
    ...softDelete(),
  },
  (t) => [
    unique("messages_user_id_id_key").on(t.userId, t.id),
    foreignKey({
      name: "messages_conversation_fkey",
      columns: [t.userId, t.conversationId],
      foreignColumns: [conversations.userId, conversations.id],
    }).onDelete("cascade"),
    index("messages_user_id_conversation_id_created_at_idx").on(
      t.userId,
      t.conversationId,
      t.createdAt,
      t.id,
    ),
    index("messages_created_at_idx").on(t.createdAt),
    index("messages_search_idx").using("gin", t.userId, t.searchVector).where(live),
  ],
);

const subscriptionStatuses = [
  "incomplete",
  "trialing",
  "active",
  "past_due",
  "paused",
  "unpaid",
  "canceled",
] as const;
const billingIntervals = ["day", "week", "month", "year"] as const;

/** Subscriptions as they are now; `amountMinor` per unit and billing interval, in minor units of `currency`. */
export const subscriptions = pgTable(
  "subscriptions",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    stripeSubscriptionId: text("stripe_subscription_id").unique("subscriptions_stripe_subscription_id_key"),
    plan: text("plan").notNull(),
    status: text("status", { enum: subscriptionStatuses }).notNull(),
    currency: text("currency").notNull(),
    amountMinor: bigint("amount_minor", { mode: "number" }).notNull(),
    billingInterval: text("billing_interval", { enum: billingIntervals }).notNull(),
    intervalCount: integer("interval_count").notNull().default(1),
    quantity: integer("quantity").notNull().default(1),
    startedAt: instant("started_at").notNull(),
    trialEnd: instant("trial_end"),
    currentPeriodStart: instant("current_period_start"),
    currentPeriodEnd: instant("current_period_end"),
    cancelAtPeriodEnd: boolean("cancel_at_period_end").notNull().default(false),
    canceledAt: instant("canceled_at"),
    endedAt: instant("ended_at"),
    ...timestamps(),
  },
  (t) => [
    ownedByUser("subscriptions_user_id_fkey", t.userId),
    unique("subscriptions_user_id_id_key").on(t.userId, t.id),
  ],
);

/** What a subscription cost when: half-open intervals. Without them no past MRR can be computed. */
export const subscriptionChanges = pgTable(
  "subscription_changes",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    subscriptionId: uuid("subscription_id").notNull(),
    effectiveFrom: instant("effective_from").notNull(),
    effectiveTo: instant("effective_to"),
    status: text("status", { enum: subscriptionStatuses }).notNull(),
    plan: text("plan").notNull(),
    currency: text("currency").notNull(),
    amountMinor: bigint("amount_minor", { mode: "number" }).notNull(),
    billingInterval: text("billing_interval", { enum: billingIntervals }).notNull(),
    intervalCount: integer("interval_count").notNull().default(1),
    quantity: integer("quantity").notNull().default(1),
    discountMinor: bigint("discount_minor", { mode: "number" }).notNull().default(0),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    foreignKey({
      name: "subscription_changes_subscription_fkey",
      columns: [t.userId, t.subscriptionId],
      foreignColumns: [subscriptions.userId, subscriptions.id],
    }).onDelete("cascade"),
    unique("subscription_changes_subscription_id_effective_from_key").on(t.subscriptionId, t.effectiveFrom),
    index("subscription_changes_user_id_subscription_id_idx").on(t.userId, t.subscriptionId),
    index("subscription_changes_effective_to_idx").on(t.effectiveTo),
  ],
);

/** Bills as issued, in minor units of their currency. */
export const invoices = pgTable(
  "invoices",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    subscriptionId: uuid("subscription_id"),
    stripeInvoiceId: text("stripe_invoice_id").unique("invoices_stripe_invoice_id_key"),
    number: text("number").notNull(),
    status: text("status", { enum: ["draft", "open", "paid", "void", "uncollectible"] }).notNull(),
    currency: text("currency").notNull(),
    subtotalMinor: bigint("subtotal_minor", { mode: "number" }).notNull(),
    taxMinor: bigint("tax_minor", { mode: "number" }).notNull().default(0),
    totalMinor: bigint("total_minor", { mode: "number" }).notNull(),
    periodStart: instant("period_start"),
    periodEnd: instant("period_end"),
    issuedAt: instant("issued_at").notNull(),
    paidAt: instant("paid_at"),
    ...timestamps(),
  },
  (t) => [
    ownedByUser("invoices_user_id_fkey", t.userId),
    unique("invoices_user_id_number_key").on(t.userId, t.number),
    // In the database: on delete set null (subscription_id).
    foreignKey({
      name: "invoices_subscription_fkey",
      columns: [t.userId, t.subscriptionId],
      foreignColumns: [subscriptions.userId, subscriptions.id],
    }).onDelete("set null"),
    index("invoices_user_id_issued_at_idx").on(
      t.userId,
      t.issuedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index("invoices_user_id_subscription_id_idx")
      .on(t.userId, t.subscriptionId)
      .where(sql`subscription_id is not null`),
  ],
);

/** Attempts to put a project on line. */
export const deployments = pgTable(
  "deployments",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    projectId: uuid("project_id").notNull(),
    provider: text("provider").notNull(),
    status: text("status", { enum: ["queued", "building", "succeeded", "failed", "canceled"] }).notNull(),
    url: text("url"),
    error: text("error"),
    startedAt: instant("started_at").notNull().defaultNow(),
    finishedAt: instant("finished_at"),
    ...timestamps(),
  },
  (t) => [
    foreignKey({
      name: "deployments_project_fkey",
      columns: [t.userId, t.projectId],
      foreignColumns: [projects.userId, projects.id],
    }).onDelete("cascade"),
    index("deployments_user_id_project_id_started_at_idx").on(
      t.userId,
      t.projectId,
      t.startedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index("deployments_started_at_idx").on(t.startedAt),
  ],
);

/** A user's judgement of one answer: 1 useful, -1 not. */
export const answerFeedback = pgTable(
  "answer_feedback",
  {
    id: id(),
    userId: uuid("user_id").notNull(),
    messageId: uuid("message_id").notNull(),
    rating: smallint("rating").notNull(),
    comment: text("comment").notNull().default(""),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    unique("answer_feedback_user_id_message_id_key").on(t.userId, t.messageId),
    foreignKey({
      name: "answer_feedback_message_fkey",
      columns: [t.userId, t.messageId],
      foreignColumns: [messages.userId, messages.id],
    }).onDelete("cascade"),
  ],
);

const total = (name: string) => bigint(name, { mode: "number" }).notNull();

/**
 * View: what each live user has, counted when read: live rows, bytes of files, tokens of messages.
 * Under `withUser` it has the user's own row alone.
 */
export const userUsage = pgView("user_usage", {
  userId: uuid("user_id").notNull(),
  projects: total("projects"),
  files: total("files"),
  fileBytes: total("file_bytes"),
  conversations: total("conversations"),
  messages: total("messages"),
  promptTokens: total("prompt_tokens"),
  completionTokens: total("completion_tokens"),
  deployments: total("deployments"),
}).existing();

export const usersRelations = relations(users, ({ many }) => ({
  projects: many(projects),
  conversations: many(conversations),
  subscriptions: many(subscriptions),
  invoices: many(invoices),
}));

export const projectsRelations = relations(projects, ({ one, many }) => ({
  user: one(users, { fields: [projects.userId], references: [users.id] }),
  files: many(projectFiles),
  conversations: many(conversations),
  deployments: many(deployments),
}));

export const projectFilesRelations = relations(projectFiles, ({ one }) => ({
  project: one(projects, {
    fields: [projectFiles.userId, projectFiles.projectId],
    references: [projects.userId, projects.id],
  }),
}));

export const conversationsRelations = relations(conversations, ({ one, many }) => ({
  user: one(users, { fields: [conversations.userId], references: [users.id] }),
  project: one(projects, {
    fields: [conversations.userId, conversations.projectId],
    references: [projects.userId, projects.id],
  }),
  messages: many(messages),
}));

export const messagesRelations = relations(messages, ({ one, many }) => ({
  conversation: one(conversations, {
    fields: [messages.userId, messages.conversationId],
    references: [conversations.userId, conversations.id],
  }),
  feedback: many(answerFeedback),
}));

export const subscriptionsRelations = relations(subscriptions, ({ one, many }) => ({
  user: one(users, { fields: [subscriptions.userId], references: [users.id] }),
  changes: many(subscriptionChanges),
  invoices: many(invoices),
}));

export const subscriptionChangesRelations = relations(subscriptionChanges, ({ one }) => ({
  subscription: one(subscriptions, {
    fields: [subscriptionChanges.userId, subscriptionChanges.subscriptionId],
    references: [subscriptions.userId, subscriptions.id],
  }),
}));

export const invoicesRelations = relations(invoices, ({ one }) => ({
  user: one(users, { fields: [invoices.userId], references: [users.id] }),
  subscription: one(subscriptions, {
    fields: [invoices.userId, invoices.subscriptionId],
    references: [subscriptions.userId, subscriptions.id],
  }),
}));

export const deploymentsRelations = relations(deployments, ({ one }) => ({
  project: one(projects, {
    fields: [deployments.userId, deployments.projectId],
    references: [projects.userId, projects.id],
  }),
}));

export const answerFeedbackRelations = relations(answerFeedback, ({ one }) => ({
  message: one(messages, {
    fields: [answerFeedback.userId, answerFeedback.messageId],
    references: [messages.userId, messages.id],
  }),
}));
