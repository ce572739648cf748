import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { isPlainObject } from "../storable.ts";

/** A JSON schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A property's schema as JSON schema: of what callers give (`input`), or of what is stored (`output`).
 * Undefined where its library offers none (Standard JSON Schema), or none for such values: dates, transformed ones.
 */
export function jsonSchemaOf(schema: StandardSchemaV1, side: "input" | "output"): JsonSchema | undefined {
  try {
    const standard: Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
    const made: unknown = standard.jsonSchema?.[side]({ target: "draft-2020-12" });
    if (!isPlainObject(made)) return undefined;
    // By way of JSON, because a library may put functions and getters beside the keywords.
    const { $schema: _, ...keywords } = JSON.parse(JSON.stringify(made)) as Record<string, unknown>;
    return keywords;
  } catch {
    return undefined;
  }
}

/** Whether an event may go without a property. A schema that answers by a promise cannot be asked here: yes. */
export function takesUndefined(schema: StandardSchemaV1): boolean {
  try {
    const answer = schema["~standard"].validate(undefined);
    if (!(answer instanceof Promise)) return answer.issues === undefined;
    answer.catch(() => {});
    return true;
  } catch {
    return false;
  }
}
