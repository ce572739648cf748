import { newId, softDelete, timestamps, tsvector, users } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { check, type ExtraConfigColumn, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";

const live = sql`deleted_at is null`;

/** The columns of `projects`, as somebody who edits a copy of the table has them. */
export const projectColumns = () => ({
  id: uuid("id").primaryKey().$defaultFn(newId),
  userId: uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  name: text("name").notNull(),
  description: text("description").notNull().default(""),
  projectType: text("project_type").notNull().default("web"),
  status: text("status").notNull().default("active"),
  language: text("language").notNull().default("en"),
  tags: text("tags").array().notNull().default(sql`'{}'::text[]`),
  searchVector: tsvector("search_vector")
    .notNull()
    .generatedAlwaysAs(sql`devora.search_vector(language, name, description)`),
  ...timestamps(),
  ...softDelete(),
});
type Columns = Record<"id" | "userId" | "name" | "createdAt" | "searchVector", ExtraConfigColumn>;

/** Its keys and indexes but the one on created_at, which the tests change. */
export const projectExtras = (t: Columns) => [
  unique("projects_user_id_id_key").on(t.userId, t.id),
  index("projects_user_id_created_at_idx")
    .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
    .where(live),
  index("projects_search_idx").using("gin", t.userId, t.searchVector).where(live),
  index("projects_name_trgm_idx").using("gin", t.name.op("gin_trgm_ops")).where(live),
];

/** `projects` with a column, an index, a check, a default and an action that the migrations do not have. */
export const editedProjects = pgTable(
  "projects",
  {
    ...projectColumns(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    projectType: text("project_type").default("app"),
    color: text("color").notNull().default("blue"),
  },
  (t) => [
    ...projectExtras(t),
    index("projects_created_at_idx").on(t.createdAt, t.id),
    index("projects_color_idx").on(t.userId, sql`lower(${t.color})`).where(live).concurrently(),
    check("projects_status_check", sql`${t.status} in ('active', 'archived', 'draft')`),
    check("projects_color_check", sql`${t.color} ~ '^[a-z]+$'`),
  ],
);

/** A host's own table, with an owner. */
export const notes = pgTable(
  "notes",
  {
    id: uuid("id").primaryKey().$defaultFn(newId),
    userId: uuid("user_id").notNull(),
    projectId: uuid("project_id").notNull(),
    body: text("body").notNull(),
  },
  (t) => [
    unique("notes_user_id_id_key").on(t.userId, t.id),
    index("notes_body_idx").on(sql`lower(${t.body})`),
  ],
);
