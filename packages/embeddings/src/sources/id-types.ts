import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { EmbeddingsError } from "../errors.ts";
import { isArray, typeNameOf } from "./column-type.ts";

/** How the text form of a source's ids becomes the column's own type again, so that its index serves. */
export interface IdType {
  name: string;
  /** The type for a cast. */
  cast: SQL;
  castArray: SQL;
  /** The form in which PostgreSQL writes the id as text; undefined for text that the type would refuse. */
  canonical(id: string): string | undefined;
}

const whole = (least: bigint, most: bigint) => (id: string) => {
  if (!/^-?\d{1,40}$/.test(id)) return undefined;
  const value = BigInt(id);
  return value >= least && value <= most ? String(value) : undefined;
};
/** PostgreSQL stores neither U+0000 nor halves of surrogate pairs. */
export const unstorable = /\0|\p{Surrogate}/u;
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const smallint: IdType = {
  name: "smallint",
  cast: sql`smallint`,
  castArray: sql`smallint[]`,
  canonical: whole(-32_768n, 32_767n),
};
const integer: IdType = {
  name: "integer",
  cast: sql`integer`,
  castArray: sql`integer[]`,
  canonical: whole(-2_147_483_648n, 2_147_483_647n),
};
const bigint: IdType = {
  name: "bigint",
  cast: sql`bigint`,
  castArray: sql`bigint[]`,
  canonical: whole(-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n),
};
const text: IdType = {
  name: "text",
  cast: sql`text`,
  castArray: sql`text[]`,
  canonical: (id) => (unstorable.test(id) ? undefined : id),
};
const uuid: IdType = {
  name: "uuid",
  cast: sql`uuid`,
  castArray: sql`uuid[]`,
  canonical: (id) => (uuidForm.test(id) ? id.toLowerCase() : undefined),
};

const idTypes: Record<string, IdType> = {
  uuid,
  text,
  varchar: text,
  smallint,
  integer,
  bigint,
};

/** Undefined for a type that no id has. */
export const idTypeNamed = (type: string): IdType | undefined =>
  Object.hasOwn(idTypes, type) ? idTypes[type] : undefined;

/** Undefined for a column of arrays, and of a type that this package cannot cast to. */
export const findIdType = (column: PgColumn): IdType | undefined =>
  isArray(column) ? undefined : idTypeNamed(typeNameOf(column));

/** @throws {EmbeddingsError} INVALID_OPTION for a type that this package cannot cast to */
export function idTypeOf(column: PgColumn, sourceName: string): IdType {
  const found = findIdType(column);
  if (found !== undefined) return found;
  throw new EmbeddingsError(
    "INVALID_OPTION",
    `defineSource "${sourceName}": id is a column of type ${column.getSQLType()}; allowed are ${Object.keys(idTypes).join(", ")}.`,
  );
}
