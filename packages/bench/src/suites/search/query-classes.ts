import { seededRandom } from "../../random.ts";
import type { WordUse } from "./word-use.ts";

export interface QueryClass {
  readonly name: string;
  readonly queries: readonly string[];
  /** In ms, p50 and p95: of the large user, and over all rows. */
  readonly goals: { readonly largeUser: readonly [number, number]; readonly all: readonly [number, number] };
}

export const queriesPerClass = 300;

/** Single words by the share of rows that have them, and questions of eight words of one row. */
export function queryClasses(use: WordUse, largeUser: boolean): QueryClass[] {
  const fast = { largeUser: [5, 15], all: [15, 50] } as const;
  const slow = { largeUser: [25, 60], all: [60, 150] } as const;
  return [
    { name: "rare words (.1 % of rows)", queries: draw(use.wordsBetween(0.0007, 0.0013)), goals: fast },
    { name: "middle words (3 %)", queries: draw(use.wordsBetween(0.025, 0.035)), goals: fast },
    { name: "common words (> 10 %)", queries: draw(use.wordsBetween(0.1, 1)), goals: slow },
    {
      name: "questions of eight words",
      queries: draw(use.eightWords(largeUser)).map((words) => words.join(" ")),
      goals: slow,
    },
  ];
}

/** By a fixed seed, with replacement. */
function draw<T>(from: readonly T[]): T[] {
  if (from.length === 0) throw new Error("no word is in so few of the rows. Pass --size 1 or more.");
  const random = seededRandom(2026);
  return Array.from({ length: queriesPerClass }, () => from[Math.floor(random() * from.length)] as T);
}
