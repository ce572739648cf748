import { fold } from "./fold.ts";

/** Letters that lose their accents in the index. */
const variants: Readonly<Record<string, string>> = {
  a: "[aàáâãäå]",
  c: "[cç]",
  e: "[eèéêë]",
  i: "[iìíîï]",
  n: "[nñ]",
  o: "[oòóôõö]",
  u: "[uùúûü]",
  y: "[yýÿ]",
};

/**
 * A regular expression of PostgreSQL that finds roughly where a word or one of its inflections stands: its first
 * letters, with or without accents. Empty for a text without letters and digits. Only letters and digits get in.
 */
export function wordPattern(text: string): string {
  const [word = ""] = fold(text).match(/[\p{L}\p{N}]+/u) ?? [];
  const letters = [...word];
  const kept = letters.slice(0, Math.max(3, Math.floor(letters.length * 0.6)));
  return kept.map((letter) => variants[letter] ?? letter).join("");
}
