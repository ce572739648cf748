import { seededRandom } from "./seeded-random.ts";

/** Places of questions, ascending: those that weights are chosen on, and those that they are reported on. */
export interface Halves {
  readonly tuning: readonly number[];
  readonly test: readonly number[];
}

/**
 * Splits questions in two halves of about equal size, clusters whole: paraphrases of one question never stand on both
 * sides. The same seed splits the same.
 * @param clusters the label of each question's cluster
 * @returns undefined where there is one cluster alone
 */
export function splitHalves(clusters: readonly string[], seed: number): Halves | undefined {
  const members = new Map<string, number[]>();
  clusters.forEach((cluster, place) => {
    members.set(cluster, [...(members.get(cluster) ?? []), place]);
  });
  if (members.size < 2) return undefined;
  const [tuning, test]: [number[], number[]] = [[], []];
  for (const places of shuffled([...members.values()], seed))
    (test.length < tuning.length ? test : tuning).push(...places);
  const ascending = (a: number, b: number) => a - b;
  return { tuning: tuning.sort(ascending), test: test.sort(ascending) };
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
