import { stopWords, weakWords } from "./stop-words.ts";

/** A feature of a text by the hash of its name: how often it occurs, and how much one occurrence weighs. */
export interface Feature {
  count: number;
  weight: number;
}

const stopWeight = 0.05;
const weakWeight = 0.5;
const prefixLength = 6;
const prefixWeight = 0.6;
const trigramWeight = 0.3;
/** Trigrams of very long words (base64, hashes) would drown the rest of the text. */
const longestWord = 40;

/** Kinds of features start from different seeds, so that the word "abc" and the trigram "abc" are two. */
const wordSeed = 0x811c9dc5;
const prefixSeed = 0x2f0b4c47;
const trigramSeed = 0x6b43a9b5;
const textSeed = 0x1f3d5b79;

/**
 * Words (accents folded, lower case, plural endings cut, camelCase also in parts), the first six letters of longer
 * words, and letter trigrams. A text without a single letter or digit is one feature by itself, so that every
 * non-empty text has at least one.
 */
export function hashingFeatures(text: string): Map<number, Feature> {
  const features = new Map<number, Feature>();
  const add = (hash: number, count: number, weight: number) => {
    const feature = features.get(hash);
    if (feature === undefined) features.set(hash, { count, weight });
    else {
      feature.count += count;
      if (weight > feature.weight) feature.weight = weight;
    }
  };
  for (const [word, count] of countWords(text)) {
    const stop = word.length < 2 || stopWords.has(word);
    const weight = stop ? stopWeight : weakWords.has(word) ? weakWeight : 1;
    add(hashOf(word, 0, stemLength(word), wordSeed), count, weight);
    if (stop) continue;
    if (word.length > prefixLength) {
      add(hashOf(word, 0, prefixLength, prefixSeed), count, weight * prefixWeight);
    }
    if (word.length > longestWord) continue;
    const padded = `^${word}$`;
    for (let at = 0; at + 3 <= padded.length; at++) {
      add(hashOf(padded, at, at + 3, trigramSeed), count, weight * trigramWeight);
    }
  }
  if (features.size === 0) add(hashOf(text, 0, text.length, textSeed), 1, 1);
  return features;
}

const marks = /\p{M}+/gu;
const letters = /[\p{L}\p{N}]+/gu;
const camel = /\p{Ll}\p{Lu}/u;
const camelParts = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{N}\p{Lo}]+/gu;

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const [run] of text.normalize("NFKD").replace(marks, "").matchAll(letters)) {
    count(run.toLowerCase());
    if (!camel.test(run)) continue;
    for (const [part] of run.matchAll(camelParts)) count(part.toLowerCase());
  }
  return counts;
}

/** How much of a word remains without its plural or mute ending: boxes, box; services, servic; données, donne. */
function stemLength(word: string): number {
  const { length } = word;
  if (length < 5) return length === 4 && word.endsWith("s") ? 3 : length;
  if (word.endsWith("es")) return length - 2;
  const last = word[length - 1];
  return last === "s" || last === "x" || last === "e" ? length - 1 : length;
}

/** FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3 to spread the low bits. */
function hashOf(text: string, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
