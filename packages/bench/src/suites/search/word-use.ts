import type { Vocabulary } from "./vocabulary.ts";

/** Counts in how many rows each word is, and keeps the words of some rows, while texts are written. */
export interface WordUse {
  startRow(ofLargeUser: boolean): void;
  add(rank: number): void;
  /** Words that are in a share of all rows between two bounds. */
  wordsBetween(low: number, high: number): string[];
  /** Distinct words of rows, eight of each: of the large user's, or of all. */
  eightWords(largeUser: boolean): string[][];
}

/** Of how many rows at most the words are kept. */
const keptRows = 5_000;

export function createWordUse({ words }: Vocabulary): WordUse {
  const rowsWith = new Uint32Array(words.length);
  const lastRow = new Uint32Array(words.length);
  const kept: { ofLargeUser: boolean; ranks: number[] }[] = [];
  let rows = 0;
  let current = { ofLargeUser: false, ranks: [] as number[] };
  const keep = () => {
    if (current.ranks.length < 8) return;
    if (kept.length < keptRows) kept.push(current);
    // Every row of a long run has some chance to stay.
    else kept[(rows * 7919) % keptRows] = current;
  };
  return {
    startRow: (ofLargeUser) => {
      keep();
      rows++;
      current = { ofLargeUser, ranks: [] };
    },
    add: (rank) => {
      if (lastRow[rank] === rows) return;
      lastRow[rank] = rows;
      rowsWith[rank] = (rowsWith[rank] ?? 0) + 1;
      current.ranks.push(rank);
    },
    wordsBetween: (low, high) =>
      words.filter((_, rank) => {
        const share = (rowsWith[rank] ?? 0) / rows;
        return share >= low && share <= high;
      }),
    eightWords: (largeUser) =>
      kept
        .filter((row) => !largeUser || row.ofLargeUser)
        .map(({ ranks }) => ranks.slice(0, 8).map((rank) => words[rank] ?? "")),
  };
}
