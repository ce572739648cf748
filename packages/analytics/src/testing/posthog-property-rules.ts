interface WireEvent {
  readonly event: string;
  readonly distinct_id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What is wrong with the properties by which PostHog knows people, groups and flags; it ignores such without a word. */
export function violationsOfProperties({ event, distinct_id: distinctId, properties }: WireEvent): string[] {
  const own = properties ?? {};
  const checks: [boolean, string][] = [
    [own.$groups === undefined || isTexts(own.$groups), "$groups that are no object of texts"],
    [own.$session_id === undefined || isText(own.$session_id), "a $session_id that is no text"],
    ...(rules[event]?.(own, distinctId) ?? []),
  ];
  return checks.filter(([holds]) => !holds).map(([, violation]) => `${violation} (${event})`);
}

type Rule = (own: Readonly<Record<string, unknown>>, distinctId: string) => [boolean, string][];

const rules: Readonly<Record<string, Rule>> = {
  $identify: ({ $set, $set_once: once }) => [
    [isObject($set), "$set that is no object"],
    [isObject(once), "$set_once that is no object"],
    [
      !Object.keys(once ?? {}).some((name) => Object.hasOwn($set ?? {}, name)),
      "a name in $set and in $set_once",
    ],
  ],
  $create_alias: ({ alias, distinct_id: of }, distinctId) => [
    [isText(alias) && alias !== distinctId, "an alias that is none"],
    [of === distinctId, "a distinct_id among the properties that is another than the event's"],
  ],
  $groupidentify: ({ $group_type: type, $group_key: key, $group_set: set }) => [
    [isText(type) && isText(key), "a group without type or key"],
    [isObject(set), "$group_set that is no object"],
  ],
  $feature_flag_called: ({ $feature_flag: flag, $feature_flag_response: response, ...own }) => [
    [isText(flag), "a call of a flag without $feature_flag"],
    [
      typeof response === "boolean" || isText(response),
      "a call of a flag without $feature_flag_response of true, false or a variant",
    ],
    [own[`$feature/${flag}`] === response, "a call of a flag without its $feature/ property"],
  ],
};

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);
