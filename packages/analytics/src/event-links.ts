import type { EventDefinition } from "./catalogue/define-catalogue.ts";
import type { EventRow } from "./event.ts";
import type { Issues } from "./issues.ts";
import { isPlainObject } from "./storable.ts";
import { isStorableText } from "./storable-text.ts";

/** What an event says of groups, and of a person's properties that stay as they are first told; kept in its context. */
export interface EventLinks {
  /** Keys of groups by type. */
  $groups?: Readonly<Record<string, string>>;
  /** Names of properties of `$identify`. */
  $set_once?: readonly string[];
}

const maxGroups = 10;
const maxTypeLength = 200;
const maxKeyLength = 400;

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= maxLength && isStorableText(value);

/** Reads `groups`, and of `$identify` `setOnce`; what cannot be used is reported and left out. */
export function readLinks(
  event: string | undefined,
  given: Readonly<Record<string, unknown>>,
  definition: EventDefinition | undefined,
  issues: Issues,
): EventLinks {
  const groups = readable("groups", given.groups, issues, readGroups) ?? {};
  const setOnce =
    event === "$identify"
      ? (readable("setOnce", given.setOnce, issues, (value) => readSetOnce(value, definition, issues)) ?? [])
      : [];
  return {
    ...(Object.keys(groups).length === 0 ? {} : { $groups: groups }),
    ...(setOnce.length === 0 ? {} : { $set_once: setOnce }),
  };
}

/** What `read` makes of a value; undefined where there is none, or one that throws when it is looked at. */
function readable<T>(
  field: string,
  value: unknown,
  issues: Issues,
  read: (value: unknown, issues: Issues) => T,
): T | undefined {
  try {
    return value === undefined ? undefined : read(value, issues);
  } catch {
    issues.add(field, undefined, "a value whose parts can be read", "an error on reading");
    return undefined;
  }
}

function readGroups(value: unknown, issues: Issues): Record<string, string> {
  const groups: Record<string, string> = Object.create(null);
  const entries = isPlainObject(value) ? Object.entries(value) : undefined;
  if (entries === undefined || entries.length > maxGroups) {
    issues.add("groups", value, `keys of at most ${maxGroups} groups by their types`);
  }
  for (const [type, key] of entries?.slice(0, maxGroups) ?? []) {
    if (isText(type, maxTypeLength) && isText(key, maxKeyLength)) groups[type] = key;
    else issues.add(`groups.${type}`, key, `1 to ${maxKeyLength} characters without U+0000`);
  }
  return groups;
}

function readSetOnce(value: unknown, definition: EventDefinition | undefined, issues: Issues): string[] {
  const given: unknown[] = Array.isArray(value) ? value : [];
  if (!Array.isArray(value)) issues.add("setOnce", value, "an array of names of the person's properties");
  const names = new Set<string>();
  for (const [place, name] of given.entries()) {
    if (typeof name === "string" && Object.hasOwn(definition?.properties ?? {}, name)) names.add(name);
    else issues.add(`setOnce.${place}`, name, "a property that the catalogue declares for $identify");
  }
  return [...names];
}

/**
 * Whether an event can be kept at all: one that joins ids needs both, and one that tells of a group needs one group.
 * Reports what it lacks.
 * @param about.properties as they were given: an id is never repaired
 */
export function isUsable(
  event: string | undefined,
  { distinctId, properties, links }: Pick<EventRow, "distinctId" | "properties"> & { links: EventLinks },
  issues: Issues,
): boolean {
  if (event === "$create_alias") {
    const { alias } = properties;
    const isOther = isText(alias, maxKeyLength) && alias !== distinctId;
    if (!isOther)
      issues.add("properties.alias", alias, "an id of 1 to 400 characters, other than the person's own");
    return isOther;
  }
  if (event === "$groupidentify") {
    const isOne = Object.keys(links.$groups ?? {}).length === 1;
    if (!isOne)
      issues.add("groups", links.$groups, "exactly one group: its type, and its key of 1 to 400 characters");
    return isOne;
  }
  return true;
}
