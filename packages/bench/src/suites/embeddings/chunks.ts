import type { Embedder } from "@devora/embeddings";
import { seededRandom } from "../../random.ts";
import { createWriter } from "../search/texts.ts";
import { createVocabulary } from "../search/vocabulary.ts";
import { clusteredVectors, dimensions } from "./vectors.ts";

const words = 60;
const vocabulary = createVocabulary(seededRandom(1));
const vectors = clusteredVectors();

/** A text of sixty words that begins with its number; each is one passage. */
export const textOf = (index: number): string =>
  `${index}. ${createWriter(vocabulary, seededRandom(index), () => {}).prose("en", words)}`;

/** Of a text that {@link embedder} turns into a vector that is not stored. */
export const queryOf = (index: number): string => `query ${index}`;

const queries = new Map<string, number[]>();

export function vectorOf(text: string): number[] {
  const [, query, index] = /^(query )?(\d+)/.exec(text) ?? [];
  if (query === undefined) return vectors.stored(Number(index));
  const vector = queries.get(text) ?? vectors.query(Number(index));
  // Asked again and again while searches are timed.
  queries.set(text, vector);
  return vector;
}

/** A text and its vector, which are what is stored; `index` is its id. */
export interface Chunk {
  index: number;
  text: string;
  vector: number[];
}

export function chunksFrom(first: number, count: number): Chunk[] {
  return Array.from({ length: count }, (_, at) => {
    const index = first + at;
    return { index, text: textOf(index), vector: vectors.stored(index) };
  });
}

/** An embedder that knows the answers, and counts the texts that it was asked for. */
export interface KnowingEmbedder extends Embedder {
  texts: number;
}

/** @param known answered at once; vectors of other texts are made when asked for */
export function knowingEmbedder(known: readonly Chunk[] = []): KnowingEmbedder {
  const byText = new Map(known.map(({ text, vector }) => [text, vector]));
  const embedder = {
    model: "clustered-vectors",
    dimensions,
    maxInputTokens: 8_191,
    texts: 0,
    embed: async (texts: readonly string[]) => {
      embedder.texts += texts.length;
      return { embeddings: texts.map((text) => byText.get(text) ?? vectorOf(text)), usage: { tokens: 0 } };
    },
  };
  return embedder;
}
