import { uuidV7 } from "../ids.ts";

/** State of one stream of random numbers (sfc32): small, fast, and the same on every machine. */
export interface Stream {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** What a stream is for: two kinds never share numbers, so one part can change without the others. */
export const kinds = {
  person: 1,
  name: 2,
  day: 3,
  session: 4,
  billing: 5,
  project: 6,
  file: 7,
  conversation: 8,
  message: 9,
  deployment: 10,
  event: 11,
  filler: 12,
  weight: 13,
  subscription: 14,
  change: 15,
  invoice: 16,
} as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

/** The stream of one thing: it can be had again at any time, so that no row must be kept. */
export function streamOf(seed: number, kind: Kind, index: number, part = 0): Stream {
  const s = {
    a: seed | 0,
    b: Math.floor(seed / 2 ** 32) ^ Math.imul(kind, 0x9e3779b1),
    c: index | 0,
    d: Math.imul(part, 0x85ebca6b) + 1,
  };
  // Twelve rounds mix the four words; with fewer, neighbours in index look alike.
  for (let round = 0; round < 12; round++) bits(s);
  return s;
}

/** 32 random bits, as an unsigned integer. */
export function bits(s: Stream): number {
  const t = (s.a + s.b + s.d) | 0;
  s.d = (s.d + 1) | 0;
  s.a = s.b ^ (s.b >>> 9);
  s.b = (s.c + (s.c << 3)) | 0;
  s.c = (((s.c << 21) | (s.c >>> 11)) + t) | 0;
  return t >>> 0;
}

/** 0 <= x < 1. */
export const unit = (s: Stream): number => bits(s) / 2 ** 32;
/** An integer, 0 <= x < limit. */
export const below = (s: Stream, limit: number): number => Math.floor(unit(s) * limit);
export const chance = (s: Stream, probability: number): boolean => unit(s) < probability;
/** A factor around 1 with a long tail to the right: most within 1/e^width and e^width. */
export const spread = (s: Stream, width: number): number =>
  Math.exp((unit(s) + unit(s) + unit(s) - 1.5) * 1.4 * width);

/** One of the list, each as likely. */
export function pick<T>(s: Stream, list: readonly T[]): T {
  return list[below(s, list.length)] as T;
}

/** An index of the cumulative weights, with the likelihood of its weight. */
export function pickCumulative(s: Stream, cumulative: readonly number[]): number {
  const target = unit(s) * (cumulative.at(-1) ?? 0);
  return Math.max(
    0,
    cumulative.findIndex((sum) => target < sum),
  );
}

export function cumulate(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

const idBytes = Buffer.alloc(8);

/** A UUIDv7 of a moment, its last 62 bits out of the stream. */
export function idAt(timeMs: number, counter: number, s: Stream): string {
  idBytes.writeUInt32LE(bits(s), 0);
  idBytes.writeUInt32LE(bits(s), 4);
  return uuidV7(timeMs, counter, idBytes);
}
