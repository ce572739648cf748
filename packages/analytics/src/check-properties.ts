import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { EventDefinition } from "./catalogue/define-catalogue.ts";
import type { Issues } from "./issues.ts";

/**
 * The properties as their schemas make them (defaults filled in, values transformed); what a schema refuses
 * is reported and stays as it was.
 *
 * @param definition undefined for an event that is in no catalogue: nothing to check against
 */
export async function checkProperties(
  definition: EventDefinition | undefined,
  given: Readonly<Record<string, unknown>>,
  issues: Issues,
): Promise<Readonly<Record<string, unknown>>> {
  if (definition === undefined) return given;

  const checked: Record<string, unknown> = Object.create(null);
  for (const [name, { schema }] of Object.entries(definition.properties)) {
    checked[name] = await checkProperty(`properties.${name}`, ownValue(given, name), schema, issues);
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(definition.properties, name)) continue;
    issues.add(`properties.${name}`, given[name], "a property that the catalogue declares for this event");
    checked[name] = given[name];
  }
  return checked;
}

async function checkProperty(
  path: string,
  value: unknown,
  schema: StandardSchemaV1,
  issues: Issues,
): Promise<unknown> {
  try {
    const answer = schema["~standard"].validate(value);
    const result = answer instanceof Promise ? await answer : answer;
    if (result.issues === undefined) return result.value;
    for (const issue of result.issues) {
      const keys = keysOf(issue);
      issues.add([path, ...keys.map(String)].join("."), valueAt(value, keys), issue.message);
    }
  } catch {
    // A getter, a proxy or the schema itself threw. Its error is not passed on: it may hold values.
    issues.add(path, value, "a value that its schema can read without throwing");
  }
  return value;
}

const keysOf = ({ path = [] }: StandardSchemaV1.Issue): PropertyKey[] =>
  path.map((part) => (typeof part === "object" ? part.key : part));

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) current = (current as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return current;
}

const ownValue = (given: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(given, name) ? given[name] : undefined;
