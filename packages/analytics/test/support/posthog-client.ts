import { PostHog, type PostHogOptions } from "posthog-node";
import { onTestFinished } from "vitest";
import type { PosthogServer } from "../../src/testing.ts";

export const apiKey = "phc_of_the_test";
export const secretKey = "phs_of_the_test";

/** The real client, with local evaluation. It polls when the test says so: `reloadFeatureFlags()`. */
export function startClient(server: Pick<PosthogServer, "url">, options: PostHogOptions = {}): PostHog {
  const client = new PostHog(apiKey, {
    host: server.url,
    secretKey,
    featureFlagsPollingInterval: null,
    // Sent at once, so that a test would see it.
    flushAt: 1,
    fetchRetryCount: 0,
    ...options,
  });
  onTestFinished(() => client.shutdown());
  return client;
}
