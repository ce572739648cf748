import { escapeMarkdown, markdownCode } from "./escape-markdown.ts";
import type { JsonSchema } from "./json-schema.ts";

/** What a JSON schema says, for a page in Markdown. */
export interface SchemaInWords {
  /** `text or null`, `list of whole number`. */
  type: string;
  /** `1 to 200 characters`, or the values there are; empty where any of the type will do. */
  allowed: string;
}

export const schemaInWords = (schema: JsonSchema): SchemaInWords => ({
  type: typeWords(schema).join(" or "),
  allowed: allowedWords(schema).join("; "),
});

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "true or false",
  array: "list",
  object: "object",
  null: "null",
};

function typeWords(schema: JsonSchema): string[] {
  const parts = partsOf(schema);
  if (parts.length > 0) return distinct(parts.flatMap(typeWords));
  const values = valuesOf(schema);
  const types = values?.map(typeOf) ?? [schema.type].flat().filter((type) => typeof type === "string");
  if (types.length === 0) return [typeof schema.$comment === "string" ? "not described" : "anything"];
  return distinct(types.map((type) => (type === "array" ? listWords(schema) : (words[type] ?? "anything"))));
}

function listWords({ items }: JsonSchema): string {
  const elements = isSchema(items) ? typeWords(items).join(" or ") : "anything";
  return elements === "anything" ? "list" : `list of ${elements}`;
}

function allowedWords(schema: JsonSchema): string[] {
  const parts = partsOf(schema);
  if (parts.length > 0) {
    const values = parts.map(valuesOf);
    // Literals of a union read as one list.
    if (values.every((some) => some !== undefined)) return [values.flat().map(markdownCode).join(", ")];
    return distinct(parts.flatMap(allowedWords));
  }
  const values = valuesOf(schema);
  if (values !== undefined)
    return values.every((value) => value === null) ? [] : [values.map(markdownCode).join(", ")];
  const said: (string | undefined)[] = [
    bounds(schema.minLength, schema.maxLength, "characters"),
    bounds(schema.minimum, schema.maximum),
    typeof schema.exclusiveMinimum === "number" ? `above ${schema.exclusiveMinimum}` : undefined,
    typeof schema.exclusiveMaximum === "number" ? `below ${schema.exclusiveMaximum}` : undefined,
    bounds(schema.minItems, schema.maxItems, "elements"),
    typeof schema.format === "string" ? `format ${escapeMarkdown(schema.format)}` : undefined,
    // A format's own pattern says nothing that its name does not.
    typeof schema.pattern === "string" && typeof schema.format !== "string"
      ? `like ${markdownCode(schema.pattern)}`
      : undefined,
    ...(isSchema(schema.items) ? allowedWords(schema.items).map((word) => `each ${word}`) : []),
    schema.default === undefined ? undefined : `default ${markdownCode(schema.default)}`,
  ];
  return said.filter((word) => word !== undefined);
}

/** Libraries write the range of JavaScript's whole numbers as bounds, which is none that anybody set. */
const isBound = (value: unknown): value is number =>
  typeof value === "number" && Math.abs(value) !== Number.MAX_SAFE_INTEGER;

function bounds(min: unknown, max: unknown, unit?: string): string | undefined {
  const from = isBound(min) && !(unit !== undefined && min === 0) ? min : undefined;
  const to = isBound(max) ? max : undefined;
  const of = unit === undefined ? "" : ` ${unit}`;
  if (from !== undefined && to !== undefined) return from === to ? `${from}${of}` : `${from} to ${to}${of}`;
  if (from !== undefined) return `at least ${from}${of}`;
  return to === undefined ? undefined : `at most ${to}${of}`;
}

/** The alternatives of a union. */
function partsOf({ anyOf, oneOf }: JsonSchema): JsonSchema[] {
  const parts = anyOf ?? oneOf;
  return Array.isArray(parts) ? parts.filter(isSchema) : [];
}

function valuesOf(schema: JsonSchema): unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum;
  return schema.const === undefined ? undefined : [schema.const];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null;
const distinct = (items: readonly string[]): string[] => [...new Set(items)];
