/** A condition on a property of a person, or of a group. */
export interface FlagPropertyFilter {
  readonly key: string;
  /** Default `exact`. Those that begin with `not_` or `is_not` hold for who has no such property. */
  readonly operator?: FlagOperator;
  /** Compared as text, without regard to case; of a list any one. Numbers by `gt`, `gte`, `lt` and `lte`. */
  readonly value?: string | number | boolean | readonly (string | number | boolean)[];
  /** `person` or `group`; says nothing that the flag does not say. */
  readonly type?: string;
}

export const flagOperators = [
  "exact",
  "is_not",
  "icontains",
  "not_icontains",
  "gt",
  "gte",
  "lt",
  "lte",
  "is_set",
  "is_not_set",
] as const;

export type FlagOperator = (typeof flagOperators)[number];

/** Who gets the flag: those for whom all properties hold, and of them a share. */
export interface FlagCondition {
  /** Default: everyone. */
  readonly properties?: readonly FlagPropertyFilter[];
  /** Percent, 0 to 100. Default 100. */
  readonly rollout_percentage?: number | null;
  /** Everyone of this condition gets this variant, whatever their bucket. */
  readonly variant?: string | null;
}

export interface FlagVariant {
  readonly key: string;
  /** Percent, 0 to 100; of all variants together at most 100. */
  readonly rollout_percentage: number;
}

/**
 * A flag as it is stored: a part of what PostHog's definitions hold, in their shape.
 *
 * @example
 * const definition: FlagDefinition = {
 *   key: "new-editor",
 *   active: true,
 *   filters: {
 *     groups: [
 *       { properties: [{ key: "plan", operator: "exact", value: ["pro", "team"] }], rollout_percentage: 50 },
 *       { properties: [{ key: "email", operator: "icontains", value: "@example.com" }], variant: "a" },
 *     ],
 *     multivariate: { variants: [{ key: "control", rollout_percentage: 50 }, { key: "a", rollout_percentage: 50 }] },
 *     payloads: { a: '{"toolbar":"wide"}' },
 *   },
 * };
 */
export interface FlagDefinition {
  /** 1 to 200 characters. People are put into buckets by it. */
  readonly key: string;
  /** What it is for. */
  readonly name?: string;
  /** False: off for everyone. */
  readonly active: boolean;
  readonly filters: {
    /** The first that holds decides; nobody has the flag without one. */
    readonly groups: readonly FlagCondition[];
    readonly multivariate?: { readonly variants: readonly FlagVariant[] } | null;
    /** By variant, or `true` for a flag without variants: JSON as text. */
    readonly payloads?: Readonly<Record<string, string>>;
    /** Decides by group in place of person: the place of the group's type in `groupTypes`, from 0. */
    readonly aggregation_group_type_index?: number | null;
  };
}
