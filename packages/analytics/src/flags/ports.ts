/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** For whom flags are evaluated. */
export interface FlagSubject {
  /** 1 to 400 characters. */
  readonly distinctId: string;
  readonly personProperties: Readonly<Record<string, unknown>>;
  /** Ids by type: `{ organization: "acme" }`. */
  readonly groups: Readonly<Record<string, string>>;
  /** Properties by type. */
  readonly groupProperties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What a provider says of one flag. */
export interface FlagAnswer {
  /** False: not for this person. True: on. Text: the variant. */
  readonly value: boolean | string;
  readonly payload?: JsonValue | undefined;
  /** Of its definition, where there is one. */
  readonly version?: number | undefined;
}

/** A service that knows flags. Any object of this shape will do. */
export interface FlagProvider {
  /** Answers by key; flags that it does not know are left out. What it throws becomes the flag's fallback. */
  evaluate(subject: FlagSubject, keys: readonly string[]): Promise<ReadonlyMap<string, FlagAnswer>>;
}

/**
 * Where exposures go: what `createAnalytics` or `recordingAnalytics` answer, with any catalogue.
 * The parameter is `never` because each catalogue takes its own events; all of them have `$feature_flag_called`.
 */
export interface ExposureSink {
  captureBuffered(event: never): { readonly outcome: string };
}
