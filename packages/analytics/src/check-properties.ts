import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { EventDefinition } from "./catalogue/define-catalogue.ts";
import type { Issues } from "./issues.ts";

/**
 * The properties as their schemas make them (defaults filled in, values transformed); what a schema refuses
 * is reported and stays as it was. A promise only where a schema answers one.
 *
 * @param definition undefined for an event that is in no catalogue: nothing to check against
 */
export function checkProperties(
  definition: EventDefinition | undefined,
  given: Readonly<Record<string, unknown>>,
  issues: Issues,
): Properties | Promise<Properties> {
  if (definition === undefined) return given;

  const checked: Record<string, unknown> = Object.create(null);
  const pending: Promise<void>[] = [];
  for (const [name, { schema }] of Object.entries(definition.properties)) {
    const value = ownValue(given, name);
    const take = (taken: unknown) => {
      checked[name] = taken;
    };
    // Its place first, so that the order of properties does not depend on which schema answers when.
    take(value);
    const result = checkProperty(`properties.${name}`, value, schema, issues);
    if (result instanceof Promise) pending.push(result.then(take));
    else take(result);
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(definition.properties, name)) continue;
    issues.add(`properties.${name}`, given[name], "a property that the catalogue declares for this event");
    checked[name] = given[name];
  }
  return pending.length === 0 ? checked : Promise.all(pending).then(() => checked);
}

type Properties = Readonly<Record<string, unknown>>;

function checkProperty(path: string, value: unknown, schema: StandardSchemaV1, issues: Issues): unknown {
  const judged = (result: StandardSchemaV1.Result<unknown>): unknown => {
    if (result.issues === undefined) return result.value;
    for (const issue of result.issues) {
      const keys = keysOf(issue);
      issues.add([path, ...keys.map(String)].join("."), valueAt(value, keys), issue.message);
    }
    return value;
  };
  // A getter, a proxy or the schema itself threw. Its error is not passed on: it may hold values.
  const unreadable = (): unknown => {
    issues.add(path, value, "a value that its schema can read without throwing");
    return value;
  };
  try {
    const answer = schema["~standard"].validate(value);
    return answer instanceof Promise ? answer.then(judged).catch(unreadable) : judged(answer);
  } catch {
    return unreadable();
  }
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
