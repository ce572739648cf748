import type { FlagAnswer, FlagProvider, JsonValue } from "./ports.ts";

/** What is needed of posthog-node's `PostHog`. */
export interface PosthogFlagsClient {
  getAllFlagsAndPayloads(
    distinctId: string,
    options: {
      flagKeys: string[];
      personProperties: Record<string, unknown>;
      groups: Record<string, string>;
      groupProperties: Record<string, Record<string, unknown>>;
    },
  ): Promise<{
    featureFlags?: Record<string, boolean | string | undefined> | undefined;
    featureFlagPayloads?: Record<string, unknown> | undefined;
  }>;
}

/**
 * Flags of PostHog, evaluated by the host's own posthog-node client: locally where it has definitions and they
 * suffice, by a request otherwise. It goes by the one call of the client that never captures an event.
 *
 * posthog-node answers an outage with silence, so a flag that it could not learn is `missing`.
 *
 * @example
 * const client = new PostHog(apiKey, {
 *   host: "https://eu.i.posthog.com",
 *   secretKey,
 *   flagDefinitionCacheProvider: flagDefinitionCache({ db, project: apiKey }),
 * });
 * const provider = posthogFlags(client);
 */
export const posthogFlags = (client: PosthogFlagsClient): FlagProvider => ({
  async evaluate({ distinctId, personProperties, groups, groupProperties }, keys) {
    const { featureFlags = {}, featureFlagPayloads = {} } = await client.getAllFlagsAndPayloads(distinctId, {
      flagKeys: [...keys],
      personProperties: { ...personProperties },
      groups: { ...groups },
      groupProperties: Object.fromEntries(
        Object.entries(groupProperties).map(([type, properties]) => [type, { ...properties }]),
      ),
    });
    const answers = new Map<string, FlagAnswer>();
    for (const [key, value] of Object.entries(featureFlags)) {
      const payload = (featureFlagPayloads[key] ?? undefined) as JsonValue | undefined;
      if (value !== undefined) answers.set(key, { value, payload });
    }
    return answers;
  },
});
