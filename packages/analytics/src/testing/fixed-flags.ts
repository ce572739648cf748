import { createFeatureFlags } from "../flags/create-feature-flags.ts";
import type { FlagDeclarations, FlagValues } from "../flags/define-flags.ts";
import type { FeatureFlags } from "../flags/feature-flags.ts";

/**
 * Feature flags with these values for everyone, for unit tests: no provider, no exposures. Flags without a value
 * answer their fallback.
 *
 * @example
 * const flags = fixedFlags(declared, { "new-editor": "a" });
 * await renderEditor({ flags });
 */
export const fixedFlags = <const D extends FlagDeclarations>(
  flags: D,
  values: Partial<FlagValues<NoInfer<D>>> = {},
): FeatureFlags<D> =>
  createFeatureFlags<D>({ flags, overrides: values, provider: { evaluate: async () => new Map() } });
