import type { SnapshotTable } from "./kit.ts";

/** An identifier in quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The PostgreSQL schema of a table; drizzle-kit leaves that of `public` empty. */
export const schemaOf = (table: { readonly schema: string }): string => table.schema || "public";

/** `public.projects`: how messages and maps name a table. */
export const keyOf = (table: Pick<SnapshotTable, "schema" | "name">): string =>
  `${schemaOf(table)}.${table.name}`;

/** `"public"."projects"`: how statements name it. */
export const quotedTable = (table: Pick<SnapshotTable, "schema" | "name">): string =>
  `${quoted(schemaOf(table))}.${quoted(table.name)}`;
