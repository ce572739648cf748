export { AnalyticsError, type AnalyticsErrorCode, isAnalyticsError } from "./errors.ts";
export type { CallOptions } from "./event.ts";
export { createFeatureFlags, type FeatureFlagsOptions } from "./flags/create-feature-flags.ts";
export { type DatabaseFlags, type DatabaseFlagsOptions, databaseFlags } from "./flags/database-flags.ts";
export {
  defineFlags,
  type FlagDeclaration,
  type FlagDeclarations,
  type FlagKey,
  type FlagValue,
  type FlagValues,
} from "./flags/define-flags.ts";
export type {
  FlagCondition,
  FlagDefinition,
  FlagOperator,
  FlagPropertyFilter,
  FlagVariant,
} from "./flags/definition.ts";
export type { FeatureFlags, FlagCallOptions, FlagPerson, FlagProblem } from "./flags/feature-flags.ts";
export {
  type FlagDefinitionCache,
  type FlagDefinitionCacheOptions,
  flagDefinitionCache,
} from "./flags/flag-definition-cache.ts";
export type { ExposureSink, FlagAnswer, FlagProvider, FlagSubject, JsonValue } from "./flags/ports.ts";
export { type PosthogFlagsClient, posthogFlags } from "./flags/posthog-flags.ts";
export type { StoredFlag } from "./queries/feature-flags.ts";
