import type { Database } from "@devora/db-schema";
import type { FlagDefinitionCacheProvider, PostHog } from "posthog-node";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  createFeatureFlags,
  databaseFlags,
  defineFlags,
  type FlagKey,
  type FlagPropertyFilter,
  type FlagValue,
  flagDefinitionCache,
  type PosthogFlagsClient,
  posthogFlags,
} from "../../src/flags.ts";
import { createAnalytics, defineCatalogue, keep } from "../../src/index.ts";
import { fixedFlags, recordingAnalytics } from "../../src/testing.ts";

declare const db: Database;
declare const client: PostHog;
declare const maybe: string | undefined;
const person = { userId: "u" };

const declared = defineFlags({
  "dark-mode": {},
  "old-search": { fallback: true },
  "new-editor": { variants: ["control", "a", "b"], fallback: "control", run: "2" },
});
expectTypeOf<FlagKey<typeof declared>>().toEqualTypeOf<"dark-mode" | "old-search" | "new-editor">();
expectTypeOf<FlagValue<typeof declared, "new-editor">>().toEqualTypeOf<"control" | "a" | "b" | false>();
expectTypeOf<FlagValue<typeof declared, "dark-mode">>().toEqualTypeOf<boolean>();

// @ts-expect-error no such variant
defineFlags({ "new-editor": { variants: ["control", "a"], fallback: "b" } });
// @ts-expect-error a flag with variants is never just on
defineFlags({ "new-editor": { variants: ["control", "a"], fallback: true } });
// @ts-expect-error a flag without variants is on or off
defineFlags({ "dark-mode": { fallback: "control" } });

// posthog-node's client, and its provider of definitions, fit by structure.
expectTypeOf<PostHog>().toExtend<PosthogFlagsClient>();
expectTypeOf(flagDefinitionCache).returns.toExtend<FlagDefinitionCacheProvider>();

const flags = createFeatureFlags({
  flags: declared,
  provider: posthogFlags(client),
  exposures: createAnalytics({ db }),
  overrides: { "new-editor": "a" },
});
void createFeatureFlags({
  flags: declared,
  provider: databaseFlags({ db }),
  exposures: recordingAnalytics(),
});
// A catalogue without our events has exposures too.
const catalogue = defineCatalogue({
  book_borrowed: { description: "A book went home.", properties: { book_id: keep(z.string()) } },
});
void createFeatureFlags({
  flags: declared,
  provider: databaseFlags({ db }),
  exposures: createAnalytics({ db, catalogue }),
});

expectTypeOf(flags.isFeatureEnabled("dark-mode", person)).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(
  flags.getFeatureFlag("new-editor", { distinctId: "d", personProperties: { plan: maybe } }),
).toEqualTypeOf<Promise<"control" | "a" | "b" | false>>();
expectTypeOf(flags.getAllFlags(person)).resolves.toEqualTypeOf<{
  "dark-mode": boolean;
  "old-search": boolean;
  "new-editor": "control" | "a" | "b" | false;
}>();
void flags.getFeatureFlag(
  "new-editor",
  { userId: "u", distinctId: maybe, groups: { organization: "acme" } },
  { exposure: false },
);

// @ts-expect-error no such flag
void flags.isFeatureEnabled("dark-mod", person);
// @ts-expect-error no such flag
void flags.getFeatureFlagPayload("dark-mod", person);
// @ts-expect-error nobody
void flags.isFeatureEnabled("dark-mode", {});
// @ts-expect-error ids are text
void flags.isFeatureEnabled("dark-mode", { userId: 7 });
// @ts-expect-error no such variant
void ((await flags.getFeatureFlag("new-editor", person)) === "c");
// @ts-expect-error a flag without variants has none
void ((await flags.getFeatureFlag("dark-mode", person)) === "control");
// @ts-expect-error no such variant
flags.override({ "new-editor": "c" });
// @ts-expect-error no such flag
flags.override({ "new-edtor": "a" });
const overridden = { flags: declared, provider: databaseFlags({ db }) };
// @ts-expect-error no such variant
void createFeatureFlags({ ...overridden, overrides: { "new-editor": "c" } });
// @ts-expect-error no such variant
fixedFlags(declared, { "new-editor": "c" });
// @ts-expect-error no such operator
({ key: "plan", operator: "regex" }) satisfies FlagPropertyFilter;
