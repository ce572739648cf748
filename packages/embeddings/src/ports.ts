export interface EmbedOptions {
  /** Cancels the call; rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What a call was charged. */
export interface EmbedUsage {
  /** Tokens that the provider counted, estimated where it told none; 0 where nothing is charged. */
  tokens: number;
  /** Requests sent, repeated ones included; undefined where the embedder does not count them. */
  requests?: number | undefined;
  /** US dollars; undefined where no price is known. */
  cost?: number | undefined;
}

export interface EmbedResult {
  /** One vector per text, in the order of the texts; each of {@link Embedder.dimensions} finite numbers. */
  embeddings: number[][];
  usage: EmbedUsage;
}

/** What a rejected call still made. */
export interface PartialEmbeddings {
  /** One place per text, in the order of the texts; undefined where there is no vector. */
  readonly embeddings: readonly (number[] | undefined)[];
  readonly usage: EmbedUsage;
}

/**
 * Turns texts into vectors. {@link hashingEmbedder}, {@link openaiEmbedder} and {@link aiSdkEmbedder} are three; any
 * other object of this shape does as well. Vectors of one `model` and `dimensions` must be comparable for ever:
 * when the model behind a name changes, give it another name or `version`.
 *
 * @example
 * const embedder: Embedder = {
 *   model: "my-model-v1",
 *   dimensions: 384,
 *   maxInputTokens: 512,
 *   embed: async (texts) => ({ embeddings: await myModel.encode([...texts]), usage: { tokens: 0 } }),
 * };
 */
export interface Embedder {
  /** Name under which the vectors are stored. */
  readonly model: string;
  /** Counted up to make the vectors of the same model anew, beside the old ones. Default "1". */
  readonly version?: string | undefined;
  /** 1 to 4000, the most that a `halfvec` index takes. */
  readonly dimensions: number;
  /** Longest text that `embed` accepts, in tokens of the provider. */
  readonly maxInputTokens: number;
  /**
   * Vectors of any number of non-empty texts; splitting them into requests is the embedder's business.
   *
   * A rejection says whom it blames: an `EmbeddingsError` INVALID_INPUT, INPUT_TOO_LONG or INPUT_REFUSED its
   * `indexes` (without: some of the texts), any error with `status` (HTTP) 400, 413 or 422 some of the texts,
   * anything else the provider.
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<EmbedResult>;
}
