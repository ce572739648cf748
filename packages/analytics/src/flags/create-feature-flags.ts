import { checkFor } from "../check-option.ts";
import { isPlainObject } from "../storable.ts";
import { checkDeclarations, type FlagDeclarations, type FlagValues } from "./define-flags.ts";
import { type Evaluation, evaluateFlags } from "./evaluate-flags.ts";
import { createExposures } from "./exposures.ts";
import type { FeatureFlags, FlagCallOptions, FlagPerson, FlagProblem } from "./feature-flags.ts";
import { createOverrides } from "./overrides.ts";
import type { ExposureSink, FlagProvider } from "./ports.ts";

export interface FeatureFlagsOptions<D extends FlagDeclarations> {
  /** What `defineFlags` answers. */
  flags: D;
  /** Who knows the values: `posthogFlags(client)`, `databaseFlags({ db })`, or one of your own. */
  provider: FlagProvider;
  /** Where exposures go: what `createAnalytics` answers. Default: none are captured. */
  exposures?: ExposureSink | undefined;
  /** Values for everyone, in place of the provider's: a switch by hand, or a test. Default: none. */
  overrides?: Partial<FlagValues<NoInfer<D>>> | undefined;
  /** Told of each fallback and of each exposure not captured. What it throws reaches the caller. Default: none. */
  onProblem?: ((problem: FlagProblem) => void) | undefined;
}

/**
 * Feature flags, typed by a declaration: values from a provider, exposures as events.
 *
 * A provider that fails costs no request: the flag answers its fallback.
 *
 * @throws {AnalyticsError} INVALID_OPTION, INVALID_FLAG
 *
 * @example
 * const flags = createFeatureFlags({
 *   flags: defineFlags({ "new-editor": { variants: ["control", "a", "b"], fallback: "control" } }),
 *   provider: posthogFlags(client),
 *   exposures: analytics,
 *   onProblem: (problem) => log.warn(problem),
 * });
 * const variant = await flags.getFeatureFlag("new-editor", { userId, personProperties: { plan } });
 */
export function createFeatureFlags<const D extends FlagDeclarations>(
  options: FeatureFlagsOptions<D>,
): FeatureFlags<D> {
  const { provider, exposures, onProblem = () => {} } = options;
  const check = checkFor("createFeatureFlags");
  check("flags", options.flags, "what defineFlags answers", isPlainObject(options.flags));
  check("provider", provider, "an object with evaluate", typeof provider?.evaluate === "function");
  const takesExposures = exposures === undefined || typeof exposures?.captureBuffered === "function";
  check("exposures", exposures, "what createAnalytics answers", takesExposures);
  check("onProblem", onProblem, "a function", typeof onProblem === "function");
  const declared = checkDeclarations(options.flags);
  const overrides = createOverrides(declared);
  overrides.add(options.overrides ?? {});
  const expose = createExposures(exposures, declared, onProblem);

  const evaluate = (keys: readonly string[], person: FlagPerson) =>
    evaluateFlags(keys, person, { declared, overrides, provider, onProblem });
  async function evaluateOne(key: string, person: FlagPerson): Promise<Evaluation> {
    return (await evaluate([key], person)).get(key) as Evaluation;
  }
  async function read(key: string, person: FlagPerson, { exposure = true }: FlagCallOptions = {}) {
    const evaluation = await evaluateOne(key, person);
    if (exposure) expose(key, evaluation, person?.userId);
    return evaluation.value;
  }

  return {
    isFeatureEnabled: async (key, person, call) => (await read(key, person, call)) !== false,
    getFeatureFlag: async (key, person, call) => (await read(key, person, call)) as never,
    getFeatureFlagPayload: async (key, person) => (await evaluateOne(key, person)).answered?.answer.payload,
    async getAllFlags(person) {
      const evaluations = await evaluate([...declared.keys()], person);
      return Object.fromEntries([...evaluations].map(([key, { value }]) => [key, value])) as FlagValues<D>;
    },
    override: overrides.add,
  };
}
