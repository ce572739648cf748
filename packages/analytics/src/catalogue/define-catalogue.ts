import type { StandardSchemaV1 } from "@standard-schema/spec";
import { AnalyticsError, shapeOf } from "../errors.ts";
import { isStorableText } from "../storable-text.ts";

/**
 * What is to happen to a property before an event leaves the database for another service:
 * `keep` sends it, `hash` sends a digest, `drop` leaves it out. The database itself always keeps the value.
 */
export type PrivacyClass = "keep" | "hash" | "drop";

/** How long an event is worth keeping, as a label on its row: `short`, `standard` or `long`. */
export type RetentionClass = "short" | "standard" | "long";

/** A property of an event: its schema (zod, Valibot, ArkType … any Standard Schema) and its privacy class. */
export interface PropertyDefinition<S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly schema: S;
  readonly privacy: PrivacyClass;
}

export interface EventDefinition {
  /** One sentence: what happened. */
  readonly description: string;
  /** Properties by name; an event with others is invalid. A schema that takes `undefined` makes its one optional. */
  readonly properties: Readonly<Record<string, PropertyDefinition>>;
  /** Whether a person who did this was active that day. Default false. */
  readonly countsAsActivity?: boolean;
  /** Default `standard`. */
  readonly retention?: RetentionClass;
}

/** Events by name, 1 to 200 characters. */
export type Catalogue = Readonly<Record<string, EventDefinition>>;

/** A property that may leave the database as it is. */
export const keep = <S extends StandardSchemaV1>(schema: S) => ({ schema, privacy: "keep" }) as const;
/** A property of which only a digest may leave the database: equal values stay recognisable. */
export const hash = <S extends StandardSchemaV1>(schema: S) => ({ schema, privacy: "hash" }) as const;
/** A property that never leaves the database: names, texts, addresses. */
export const drop = <S extends StandardSchemaV1>(schema: S) => ({ schema, privacy: "drop" }) as const;

/**
 * Your own events, checked and typed: answers the catalogue it was given.
 *
 * @throws {AnalyticsError} INVALID_CATALOGUE when a name, schema, privacy class or retention class is unusable
 *
 * @example
 * const catalogue = defineCatalogue({
 *   ...devoraCatalogue, // leave out to have your own events alone
 *   book_borrowed: {
 *     description: "A reader took a book home.",
 *     countsAsActivity: true,
 *     properties: { book_id: keep(z.string()), days: keep(z.int().optional()), reader_note: drop(z.string()) },
 *   },
 * });
 */
export function defineCatalogue<C extends Catalogue>(catalogue: C): C {
  for (const [name, definition] of Object.entries(catalogue)) checkEvent(name, definition);
  return catalogue;
}

const retentionClasses: readonly unknown[] = [undefined, "short", "standard", "long"];
const privacyClasses: readonly unknown[] = ["keep", "hash", "drop"];

function checkEvent(name: string, definition: unknown): void {
  const check = (field: string, value: unknown, allowed: string, valid: boolean) => {
    if (valid) return;
    const event = JSON.stringify(name.slice(0, 60));
    throw new AnalyticsError(
      "INVALID_CATALOGUE",
      `defineCatalogue: ${field} of event ${event} is ${shapeOf(value)}. Allowed: ${allowed}.`,
    );
  };
  const { description, countsAsActivity, retention, properties } = fieldsOf(definition);
  const nameFits = name !== "" && name.length <= 200 && isStorableText(name);
  check("the name", name, "1 to 200 characters without U+0000", nameFits);
  check("description", description, "a sentence", typeof description === "string" && description !== "");
  const isFlag = countsAsActivity === undefined || typeof countsAsActivity === "boolean";
  check("countsAsActivity", countsAsActivity, "true or false", isFlag);
  check("retention", retention, "short, standard or long", retentionClasses.includes(retention));
  check("properties", properties, "an object, {} for none", isObject(properties));
  for (const [property, value] of Object.entries(fieldsOf(properties))) {
    const { schema, privacy } = fieldsOf(value);
    const validate = fieldsOf(fieldsOf(schema)["~standard"]).validate;
    check(
      `property ${JSON.stringify(property.slice(0, 60))}`,
      value,
      "keep(schema), hash(schema) or drop(schema) with a schema of any Standard Schema library",
      typeof validate === "function" && privacyClasses.includes(privacy),
    );
  }
}

/** ArkType's schemas are functions with properties. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  (typeof value === "object" && value !== null) || typeof value === "function";

const fieldsOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
