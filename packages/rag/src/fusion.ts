/** One retriever's ranking of passages. */
export interface Ranking {
  readonly name: string;
  /** Above 0; a ranking that should not count is left out. */
  readonly weight: number;
  /** Best first. An id counts once, at its first place. */
  readonly hits: readonly { readonly id: string; readonly score: number }[];
}

/** Where one retriever placed a passage. */
export interface LegRank {
  /** From 1. */
  readonly rank: number;
  /** The retriever's own score. */
  readonly score: number;
  /** What this retriever added to the fused score. */
  readonly contribution: number;
}

/** A passage after fusion: `score` is the sum of its legs' contributions. */
export interface FusedHit {
  readonly id: string;
  readonly score: number;
  readonly legs: Readonly<Record<string, LegRank>>;
}

/**
 * Reciprocal-rank fusion of several rankings of the same passages.
 * @param k rank offset, above 0. Default 60
 * @returns every id once with `score` = Σ wᵢ / (k + rankᵢ), a missing rank adding 0; descending, ties by id
 * @see Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, SIGIR 2009
 */
export function reciprocalRankFusion(rankings: readonly Ranking[], k = 60): FusedHit[] {
  return fuse(
    rankings,
    ({ weight }) =>
      (_score, rank) =>
        weight / (k + rank),
  );
}

/**
 * Fusion of scores, each ranking's first scaled to 0…1 by its own lowest and highest score.
 * On most test sets a little better than ranks once the weights suit the data, and worse with weights that do not.
 *
 * @returns every id once with `score` = Σ wᵢ · (scoreᵢ − minᵢ) / (maxᵢ − minᵢ); descending, ties by id.
 *   Where all scores of a ranking are equal each counts 1; a score that is not finite counts 0.
 */
export function relativeScoreFusion(rankings: readonly Ranking[]): FusedHit[] {
  return fuse(rankings, ({ weight, hits }) => {
    const scores = hits.map((hit) => hit.score).filter(Number.isFinite);
    const min = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const max = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return (score) => {
      if (!Number.isFinite(score)) return 0;
      return max > min ? weight * ((score - min) / (max - min)) : weight;
    };
  });
}

type Contribution = (score: number, rank: number) => number;

function fuse(rankings: readonly Ranking[], contributionOf: (ranking: Ranking) => Contribution): FusedHit[] {
  const legsById = new Map<string, [string, LegRank][]>();
  for (const ranking of rankings) {
    const contribution = contributionOf(ranking);
    const seen = new Set<string>();
    for (const { id, score } of ranking.hits) {
      if (seen.has(id)) continue;
      seen.add(id);
      const rank = seen.size;
      const legs = legsById.get(id) ?? [];
      legs.push([ranking.name, { rank, score, contribution: contribution(score, rank) }]);
      legsById.set(id, legs);
    }
  }
  const hits = [...legsById].map(([id, legs]) => fusedHit(id, Object.fromEntries(legs)));
  return hits.sort(byScore);
}

/**
 * A hit whose score is the sum of its legs' contributions, smallest first: sums in the order of the legs can differ in
 * their last digit, and would put passages with the same ranks in an order of chance.
 */
export function fusedHit(id: string, legs: Readonly<Record<string, LegRank>>): FusedHit {
  const contributions = Object.values(legs).map((leg) => leg.contribution);
  return { id, legs, score: contributions.sort((a, b) => a - b).reduce((sum, part) => sum + part, 0) };
}

/** Descending by score, ties by id: every list of passages has this order. */
export function byScore(a: { score: number; id: string }, b: { score: number; id: string }): number {
  return b.score - a.score || (a.id < b.id ? -1 : Number(a.id > b.id));
}
