import { sql } from "drizzle-orm";
import { check, foreignKey, index, jsonb, pgSchema, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "../columns.ts";

/** The PostgreSQL schema of every module but `app`. */
export const devora = pgSchema("devora");

/** Encryption keys known by name, each with a ciphertext that tells a wrong key at start. Never a key. */
export const configKeys = devora.table(
  "config_keys",
  {
    id: text("id").notNull(),
    canary: bytea("canary").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    retiredAt: timestamp("retired_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ name: "config_keys_pkey", columns: [t.id] })],
);

/** Settings of the installation: plain in `value`, secret in `valueEncrypted` under `keyId`. */
export const systemConfig = devora.table(
  "system_config",
  {
    name: text("name").notNull(),
    value: jsonb("value"),
    valueEncrypted: bytea("value_encrypted"),
    keyId: text("key_id"),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "system_config_pkey", columns: [t.name] }),
    foreignKey({ name: "system_config_key_id_fkey", columns: [t.keyId], foreignColumns: [configKeys.id] }),
    check("system_config_one_value_check", sql`num_nonnulls(${t.value}, ${t.valueEncrypted}) = 1`),
    check("system_config_encrypted_key_check", sql`(${t.valueEncrypted} is null) = (${t.keyId} is null)`),
    index("system_config_key_id_idx").on(t.keyId).where(sql`key_id is not null`),
  ],
);
