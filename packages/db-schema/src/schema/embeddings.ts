import { relations, sql } from "drizzle-orm";
import {
  bigint,
  customType,
  foreignKey,
  index,
  integer,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { softDelete, timestamps, tsvector } from "../columns.ts";
import { newId } from "../ids.ts";
import { devora } from "./core.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** pgvector's `halfvec` without a dimension: vectors of several models share one column. */
export const halfvec = customType<{ data: string }>({ dataType: () => "halfvec" });

/** Models whose vectors are stored; each gets an index of its own. */
export const embeddingModels = devora.table(
  "embedding_models",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    name: text("name").notNull(),
    dimensions: integer("dimensions").notNull(),
    version: text("version").notNull().default("1"),
    state: text("state", { enum: ["building", "active", "retired"] })
      .notNull()
      .default("building"),
    activatedAt: instant("activated_at"),
    leaseToken: uuid("lease_token"),
    leasedUntil: instant("leased_until"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [unique("embedding_models_name_dimensions_version_key").on(t.name, t.dimensions, t.version)],
);

/** Documents that live in no table of the host. */
export const documents = devora.table(
  "documents",
  {
    id: uuid("id").primaryKey().$defaultFn(newId),
    ownerId: text("owner_id"),
    uri: text("uri").notNull(),
    title: text("title").notNull().default(""),
    mimeType: text("mime_type").notNull().default("text/plain"),
    language: text("language", { enum: ["fr", "en", "simple"] })
      .notNull()
      .default("simple"),
    content: text("content").notNull(),
    contentHash: text("content_hash").notNull(),
    ...timestamps(),
    ...softDelete(),
  },
  // In the database: nulls not distinct, which Drizzle's unique indexes cannot say.
  (t) => [uniqueIndex("documents_owner_id_uri_live_idx").on(t.ownerId, t.uri).where(sql`deleted_at is null`)],
);

/** Each passage once; offsets are UTF-16 code units in the entity's text. */
export const chunks = devora.table(
  "chunks",
  {
    id: uuid("id").primaryKey().$defaultFn(newId),
    ownerId: text("owner_id"),
    source: text("source").notNull(),
    entityId: text("entity_id").notNull(),
    ordinal: integer("ordinal").notNull(),
    startOffset: integer("start_offset").notNull(),
    endOffset: integer("end_offset").notNull(),
    title: text("title").notNull().default(""),
    text: text("text").notNull(),
    textHash: text("text_hash").notNull(),
    tokens: integer("tokens").notNull(),
    language: text("language").notNull().default("simple"),
    searchVector: tsvector("search_vector")
      .notNull()
      .generatedAlwaysAs(sql`devora.search_vector(language, title, text)`),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    unique("chunks_source_entity_id_ordinal_key").on(t.source, t.entityId, t.ordinal),
    index("chunks_owner_id_source_idx").on(t.ownerId, t.source),
    index("chunks_search_idx").using("gin", t.ownerId, t.searchVector),
  ],
);

/** Vectors of chunks, one per model. */
export const embeddings = devora.table(
  "embeddings",
  {
    chunkId: uuid("chunk_id").notNull(),
    modelId: integer("model_id").notNull(),
    ownerId: text("owner_id"),
    source: text("source").notNull(),
    embedding: halfvec("embedding").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "embeddings_pkey", columns: [t.chunkId, t.modelId] }),
    foreignKey({
      name: "embeddings_chunk_id_fkey",
      columns: [t.chunkId],
      foreignColumns: [chunks.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "embeddings_model_id_fkey",
      columns: [t.modelId],
      foreignColumns: [embeddingModels.id],
    }),
    index("embeddings_model_id_owner_id_idx").on(t.modelId, t.ownerId, t.source),
  ],
);

/** Rows whose passages are stale: one job per row and owner however often it changed. */
export const embeddingJobs = devora.table(
  "embedding_jobs",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    source: text("source").notNull(),
    entityId: text("entity_id").notNull(),
    ownerId: text("owner_id"),
    version: integer("version").notNull().default(1),
    attempts: integer("attempts").notNull().default(0),
    availableAt: instant("available_at").notNull().defaultNow(),
    leaseToken: uuid("lease_token"),
    leasedUntil: instant("leased_until"),
    lastError: text("last_error"),
    parkedAt: instant("parked_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    unique("embedding_jobs_source_entity_id_owner_id_key")
      .on(t.source, t.entityId, t.ownerId)
      .nullsNotDistinct(),
    index("embedding_jobs_due_idx").on(t.availableAt).where(sql`parked_at is null`),
    index("embedding_jobs_lease_token_idx").on(t.leaseToken).where(sql`lease_token is not null`),
    index("embedding_jobs_parked_idx").on(t.parkedAt).where(sql`parked_at is not null`),
  ],
);

export const chunksRelations = relations(chunks, ({ many }) => ({ embeddings: many(embeddings) }));

export const embeddingsRelations = relations(embeddings, ({ one }) => ({
  chunk: one(chunks, { fields: [embeddings.chunkId], references: [chunks.id] }),
  model: one(embeddingModels, { fields: [embeddings.modelId], references: [embeddingModels.id] }),
}));
