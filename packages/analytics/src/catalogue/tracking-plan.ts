import { storableText } from "../storable-text.ts";
import {
  type Catalogue,
  defineCatalogue,
  type EventDefinition,
  type PrivacyClass,
  type RetentionClass,
} from "./define-catalogue.ts";
import { type JsonSchema, jsonSchemaOf, takesUndefined } from "./json-schema.ts";
import { withSystemEvents } from "./system-events.ts";

/** A catalogue as plain JSON. */
export interface TrackingPlan {
  /** Of this form. */
  readonly version: 1;
  /** By name, in alphabetical order. */
  readonly events: Readonly<Record<string, PlannedEvent>>;
}

export interface PlannedEvent {
  readonly description: string;
  readonly countsAsActivity: boolean;
  readonly retention: RetentionClass;
  /** By property: what happens to it before the event leaves the database. */
  readonly privacy: Readonly<Record<string, PrivacyClass>>;
  /** JSON schema of the event's `properties`, complete in itself: validate with it, or give it to another tool. */
  readonly properties: PlannedProperties;
}

export interface PlannedProperties extends JsonSchema {
  readonly $schema: "https://json-schema.org/draft/2020-12/schema";
  readonly type: "object";
  /** By name; one that its schema library cannot describe has a `$comment` and takes anything. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/**
 * A catalogue as plain JSON, with the events that the package captures itself: each with the JSON schema
 * (draft 2020-12) of its properties, which takes what callers may give. Equal catalogues have equal plans.
 *
 * Property schemas come from their library by Standard JSON Schema (zod 4.2 and newer, ArkType, Valibot by its
 * `toStandardJsonSchema`); a property of another one is named, with its privacy class, and takes anything. A property
 * whose schema answers by a promise counts as optional.
 *
 * @throws {AnalyticsError} INVALID_CATALOGUE
 *
 * @example
 * writeFileSync("tracking-plan.json", JSON.stringify(trackingPlan(catalogue), null, 2));
 */
export function trackingPlan(catalogue: Catalogue): TrackingPlan {
  const events = Object.entries(withSystemEvents(defineCatalogue(catalogue)));
  return {
    version: 1,
    events: Object.fromEntries(
      events.toSorted(byName).map(([name, definition]) => [name, planEvent(name, definition)]),
    ),
  };
}

/** By code units, so that the order does not depend on where it is made. */
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

function planEvent(event: string, definition: EventDefinition): PlannedEvent {
  const properties = Object.entries(definition.properties);
  return {
    description: definition.description,
    countsAsActivity: definition.countsAsActivity ?? false,
    retention: definition.retention ?? "standard",
    privacy: Object.fromEntries(properties.map(([name, { privacy }]) => [name, privacy])),
    properties: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: Object.fromEntries(
        properties.map(([name, { schema }]) => [
          name,
          embed(jsonSchemaOf(schema, "input"), `urn:event:${encode(event)}:${encode(name)}`),
        ]),
      ),
      required: properties.filter(([, { schema }]) => !takesUndefined(schema)).map(([name]) => name),
      additionalProperties: false,
    },
  };
}

/** References within a property's schema mean that schema, so one that has any gets an address of its own. */
function embed(schema: JsonSchema | undefined, id: string): JsonSchema {
  if (schema === undefined) return { $comment: "Not described: its schema library gives no JSON schema." };
  return JSON.stringify(schema).includes('"$ref":') ? { $id: id, ...schema } : schema;
}

/** Names may hold lone surrogates in properties, which have no form in an address. */
const encode = (name: string): string => encodeURIComponent(storableText(name));
