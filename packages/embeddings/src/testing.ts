import type { Embedder, EmbedResult } from "./ports.ts";

/** An embedder that tells what it was asked, and can be made to wait or to fail. */
export interface RecordedEmbedder extends Embedder {
  /** The texts of each call, failed ones included. */
  readonly calls: readonly (readonly string[])[];
  /** The next call rejects with this error. */
  failNext(error: unknown): void;
  /** The next call waits until it is released, or rejects when its signal aborts. */
  holdNext(): HeldCall;
}

export interface HeldCall {
  /** Resolves when the call is there, with its texts. */
  readonly called: Promise<readonly string[]>;
  release(): void;
}

/**
 * Wraps an embedder for a test: counts calls, and lets the test decide what happens while one is under way.
 *
 * @example
 * const embedder = recordEmbedder(hashingEmbedder({ dimensions: 64 }));
 * const held = embedder.holdNext();
 * const embedding = embeddings.embed("articles", id);
 * await held.called; // now change the row
 * held.release();
 */
export function recordEmbedder(embedder: Embedder): RecordedEmbedder {
  const calls: (readonly string[])[] = [];
  const before: ((texts: readonly string[], signal: AbortSignal | undefined) => Promise<void>)[] = [];
  return {
    model: embedder.model,
    dimensions: embedder.dimensions,
    maxInputTokens: embedder.maxInputTokens,
    ...(embedder.version === undefined ? {} : { version: embedder.version }),
    calls,
    failNext: (error) => void before.push(() => Promise.reject(error)),
    holdNext() {
      let isCalled: (texts: readonly string[]) => void = () => {};
      let release: () => void = () => {};
      const called = new Promise<readonly string[]>((resolve) => {
        isCalled = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      before.push(async (texts, signal) => {
        isCalled(texts);
        await Promise.race([released, abortOf(signal)]);
      });
      return { called, release: () => release() };
    },
    async embed(texts, options): Promise<EmbedResult> {
      calls.push([...texts]);
      await before.shift()?.(texts, options?.signal);
      return embedder.embed(texts, options);
    },
  };
}

const abortOf = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
