import { blamesTheInput, embedderFailure } from "./embedder-failure.ts";
import { type EmbeddingsError, isEmbeddingsError } from "./errors.ts";
import type { Embedder, EmbedResult, EmbedUsage } from "./ports.ts";
import { createSieve } from "./refusals.ts";
import { addUsage, noUsage } from "./usage.ts";
import { assertVectors, vectorFlaw } from "./vectors.ts";

/**
 * Calls the embedder and checks what it answers, before any of it reaches SQL.
 * @throws {EmbeddingsError} EMBEDDER_FAILED, INVALID_EMBEDDING, and what the embedder throws; the signal's reason
 *   when it was cancelled
 */
export async function callEmbedder(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<EmbedResult> {
  signal?.throwIfAborted();
  const result = await embedder.embed(texts, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw isEmbeddingsError(error) ? error : embedderFailure(embedder.model, error);
  });
  assertVectors(embedder, texts.length, result.embeddings);
  return result;
}

export interface EmbeddedTexts {
  /** One place per text, in the order of the texts; undefined where the text is refused. */
  vectors: (number[] | undefined)[];
  /** By the text's place: why it is refused. */
  refused: Map<number, EmbeddingsError>;
  usage: EmbedUsage;
}

/**
 * Embeds all texts but those that the embedder refuses, so that one such text holds up no other. An embedder that
 * names the texts it refuses is called once more without them; with any other, halves are tried until each refused
 * text stood alone.
 *
 * @throws {EmbeddingsError} what {@link callEmbedder} throws when it is not the texts' fault; REQUEST_REFUSED when
 *   a harmless text is refused like the others
 */
export async function embedAllButRefused(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<EmbeddedTexts> {
  const vectors: (number[] | undefined)[] = texts.map(() => undefined);
  const refused = new Map<number, EmbeddingsError>();
  let usage = noUsage;
  const keep = (
    places: readonly number[],
    embeddings: readonly (number[] | undefined)[],
    used: EmbedUsage,
  ) => {
    usage = addUsage(usage, used);
    for (const [at, place] of places.entries()) vectors[place] = embeddings[at];
  };

  async function send(places: readonly number[]): Promise<void> {
    try {
      const { embeddings, usage: used } = await callEmbedder(embedder, textsAt(texts, places), signal);
      keep(places, embeddings, used);
    } catch (error) {
      if (!isEmbeddingsError(error)) throw error;
      const named = places.filter((_, at) => error.indexes?.includes(at));
      if (named.length === 0) throw error;
      for (const place of named) refused.set(place, error);
      if (error.partial !== undefined) {
        const { embeddings, usage: used } = error.partial;
        const sound = places.map((_, at) => soundVector(embedder, embeddings[at]));
        keep(places, sound, used);
      }
      const rest = places.filter((place) => !refused.has(place) && vectors[place] === undefined);
      if (rest.length > 0) await send(rest);
    }
  }

  const probe = async (text: string) => {
    const { usage: used } = await callEmbedder(embedder, [text], signal);
    usage = addUsage(usage, used);
  };
  const sieve = createSieve({ model: embedder.model, send, probe, isRefusal: blamesTheInput });
  if (texts.length > 0) await sieve.sift([...texts.keys()]);
  for (const [place, error] of sieve.refused) refused.set(place, error);
  return { vectors, refused, usage };
}

const textsAt = (texts: readonly string[], places: readonly number[]): string[] =>
  places.map((place) => texts[place] ?? "");

const soundVector = ({ dimensions }: Embedder, vector: number[] | undefined): number[] | undefined =>
  vector !== undefined && vectorFlaw(vector, dimensions) === undefined ? vector : undefined;
