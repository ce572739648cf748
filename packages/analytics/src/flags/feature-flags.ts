import type { FlagDeclarations, FlagKey, FlagValue, FlagValues } from "./define-flags.ts";
import type { JsonValue } from "./ports.ts";

/** For whom a flag is asked. Ids are 1 to 400 characters; `distinctId` is the one that events have. */
export type FlagPerson = (
  | { readonly userId: string; readonly distinctId?: string | undefined }
  | { readonly userId?: undefined; readonly distinctId: string }
) & {
  /** What conditions ask for: `{ plan: "pro" }`. */
  readonly personProperties?: Readonly<Record<string, unknown>> | undefined;
  /** Ids of the groups that the person acts for, by type: `{ organization: "acme" }`. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** Their properties, by type. */
  readonly groupProperties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
};

export interface FlagCallOptions {
  /** False: this call captures no exposure, such as one in a job or on a page that shows no variant. Default true. */
  readonly exposure?: boolean | undefined;
}

/**
 * Something went wrong with a flag and the caller did not notice.
 *
 * `failed`: the provider threw, or the call was wrong; `missing`: the provider knows no such flag, or could not say;
 * `unexpected`: it answered a value that the declaration does not have. All three answered the fallback.
 * `exposure`: the value stands, its exposure was not captured; the next call tries again.
 */
export interface FlagProblem {
  readonly flag: string;
  readonly problem: "failed" | "missing" | "unexpected" | "exposure";
  readonly error?: unknown;
}

/** Flags of a declaration. No verb throws or rejects, unless `onProblem` does. */
export interface FeatureFlags<D extends FlagDeclarations> {
  /**
   * Whether the person has the flag, with whichever variant.
   *
   * @example
   * if (await flags.isFeatureEnabled("dark-mode", { userId, personProperties: { plan } })) …
   */
  isFeatureEnabled(key: FlagKey<D>, person: FlagPerson, options?: FlagCallOptions): Promise<boolean>;
  /** The person's variant, or false; true or false for a flag without variants. */
  getFeatureFlag<K extends FlagKey<D>>(
    key: K,
    person: FlagPerson,
    options?: FlagCallOptions,
  ): Promise<FlagValue<D, K>>;
  /** What the definition has for the person's value; undefined where it has nothing. Captures no exposure. */
  getFeatureFlagPayload(key: FlagKey<D>, person: FlagPerson): Promise<JsonValue | undefined>;
  /** The values of all declared flags, such as for a page that starts. Captures no exposure. */
  getAllFlags(person: FlagPerson): Promise<FlagValues<D>>;
  /**
   * Answers these values to everyone, without the provider and without exposures, over earlier overrides.
   * @returns a function that takes it back
   * @throws {AnalyticsError} INVALID_OPTION for a flag or a value that is not declared
   */
  override(values: Partial<FlagValues<D>>): () => void;
}
