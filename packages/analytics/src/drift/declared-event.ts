import type { EventDefinition } from "../catalogue/define-catalogue.ts";
import { type JsonSchema, jsonSchemaOf, takesUndefined } from "../catalogue/json-schema.ts";

/** What PostgreSQL's `jsonb_typeof` calls a value. */
export type JsonType = "string" | "number" | "boolean" | "object" | "array" | "null";

export interface DeclaredProperty {
  required: boolean;
  /** Of what is stored; undefined where its schema does not say. */
  types: ReadonlySet<JsonType> | undefined;
}

export const declaredProperties = ({ properties }: EventDefinition): Map<string, DeclaredProperty> =>
  new Map(
    Object.entries(properties).map(([name, { schema }]) => [
      name,
      { required: !takesUndefined(schema), types: jsonTypesOf(jsonSchemaOf(schema, "output")) },
    ]),
  );

const types: Readonly<Record<string, JsonType>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  object: "object",
  array: "array",
  null: "null",
};

/** The types of JSON that a schema takes at most; undefined where it does not say. */
export function jsonTypesOf(schema: JsonSchema | undefined): ReadonlySet<JsonType> | undefined {
  if (schema === undefined) return undefined;
  if (Array.isArray(schema.enum)) return new Set(schema.enum.map(typeOf));
  if (schema.const !== undefined) return new Set([typeOf(schema.const)]);
  const parts: unknown = schema.anyOf ?? schema.oneOf;
  const found = Array.isArray(parts)
    ? parts.map((part: JsonSchema) => jsonTypesOf(part))
    : [schema.type].flat().map((type) => namedType(type));
  const all = new Set<JsonType>();
  for (const some of found) {
    if (some === undefined) return undefined;
    for (const type of some) all.add(type);
  }
  return all;
}

function namedType(name: unknown): JsonType[] | undefined {
  const type = typeof name === "string" && Object.hasOwn(types, name) ? types[name] : undefined;
  return type === undefined ? undefined : [type];
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : (typeof value as JsonType);
}
