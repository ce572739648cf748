import { bucketOf } from "./bucket.ts";
import type { FlagCondition, FlagDefinition, FlagVariant } from "./definition.ts";
import { matchesProperty } from "./match-property.ts";
import type { FlagSubject } from "./ports.ts";

/**
 * The value of a flag for a person: false, true or a variant. By the definition and the subject alone.
 * @param groupTypes the types of groups to which definitions refer by their place
 */
export function evaluateDefinition(
  { key, active, filters }: FlagDefinition,
  subject: FlagSubject,
  groupTypes: readonly string[],
): boolean | string {
  const bucketed = active ? bucketedBy(filters.aggregation_group_type_index, subject, groupTypes) : undefined;
  if (bucketed === undefined) return false;
  const { id, properties } = bucketed;
  const condition = filters.groups.find(
    ({ properties: asked = [], rollout_percentage: percentage }) =>
      asked.every((filter) => matchesProperty(filter, properties)) &&
      bucketOf(key, id, "") <= (percentage ?? 100) / 100,
  );
  return condition === undefined ? false : valueFor(condition, key, id, filters.multivariate?.variants ?? []);
}

/** Whose bucket and properties decide; undefined for a flag of groups and a person outside any. */
function bucketedBy(
  groupIndex: number | null | undefined,
  { distinctId, personProperties, groups, groupProperties }: FlagSubject,
  groupTypes: readonly string[],
): { id: string; properties: Readonly<Record<string, unknown>> } | undefined {
  if (groupIndex === undefined || groupIndex === null) {
    return { id: distinctId, properties: { distinct_id: distinctId, ...personProperties } };
  }
  const type = groupTypes[groupIndex] ?? "";
  const id = Object.hasOwn(groups, type) ? groups[type] : undefined;
  return id === undefined ? undefined : { id, properties: { $group_key: id, ...groupProperties[type] } };
}

function valueFor(
  { variant }: FlagCondition,
  key: string,
  id: string,
  variants: readonly FlagVariant[],
): true | string {
  if (variants.some((one) => one.key === variant)) return variant as string;
  const bucket = bucketOf(key, id, "variant");
  let end = 0;
  for (const one of variants) {
    end += one.rollout_percentage / 100;
    if (bucket < end) return one.key;
  }
  // Beyond the shares of all variants, as with PostHog.
  return true;
}
