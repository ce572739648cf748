import { byScore, type FusedHit, fusedHit, type LegRank } from "./fusion.ts";
import type { Passage } from "./ports.ts";

/** A passage with its place after fusion. */
export interface RankedPassage extends FusedHit {
  readonly passage: Passage;
  /** Ids of the passages that it was made of, its own first. */
  readonly passageIds: readonly string[];
}

/** Passages are not joined beyond this many characters (about 1,000 tokens), so that none fills a prompt alone. */
const mostJoinedCharacters = 4000;

/** Passages so far apart still adjoin: those who cut texts leave the blanks at the edges out. */
const widestGap = 4;

/**
 * Joins overlapping and adjoining passages of one row, so that no sentence is sent twice.
 *
 * Each retriever counts once for a joined passage, with its best rank among the parts. Passages join only where
 * their offsets are consistent and the shared text is the same; a gap of up to four characters becomes line ends. Where two overlap and
 * are too long to join, the earlier one ends where the later one begins.
 *
 * @returns descending by score, ties by id
 */
export function mergePassages(ranked: readonly RankedPassage[]): RankedPassage[] {
  const rows = new Map<string, RankedPassage[]>();
  for (const item of ranked) {
    const row = JSON.stringify([item.passage.source, item.passage.entityId]);
    const items = rows.get(row);
    if (items) items.push(item);
    else rows.set(row, [item]);
  }
  return [...rows.values()].flatMap(mergeRow).sort(byScore);
}

function mergeRow(items: readonly RankedPassage[]): RankedPassage[] {
  const merged: RankedPassage[] = [];
  for (const item of items.toSorted(byStart)) {
    const last = merged.at(-1);
    if (last === undefined || !isContinuation(last.passage, item.passage)) merged.push(item);
    else if (canJoin(last.passage, item.passage)) merged[merged.length - 1] = join(last, item);
    else merged.splice(-1, 1, upTo(item.passage.start, last), item);
  }
  return merged;
}

function byStart({ passage: a }: RankedPassage, { passage: b }: RankedPassage): number {
  return a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : 1);
}

/** `next`, which begins no earlier, begins within `passage` or behind its end, and the texts agree where they meet. */
function isContinuation(passage: Passage, next: Passage): boolean {
  if (!hasOffsetsOfText(passage) || !hasOffsetsOfText(next)) return false;
  if (next.start > passage.end + widestGap) return false;
  const shared = Math.max(0, Math.min(passage.end, next.end) - next.start);
  return passage.text.slice(next.start - passage.start).startsWith(next.text.slice(0, shared));
}

const canJoin = (first: Passage, second: Passage): boolean =>
  second.end <= first.end || second.end - first.start <= mostJoinedCharacters;

const hasOffsetsOfText = ({ text, start, end }: Passage): boolean => end - start === text.length;

function join(first: RankedPassage, second: RankedPassage): RankedPassage {
  const [best, other] = byScore(first, second) <= 0 ? [first, second] : [second, first];
  const { start, end } = first.passage;
  const gap = Math.max(0, second.passage.start - end);
  const text =
    first.passage.text +
    "\n".repeat(gap) +
    second.passage.text.slice(Math.max(0, end - second.passage.start));
  return {
    ...fusedHit(best.id, bestLegs(first.legs, second.legs)),
    passage: { ...best.passage, text, start, end: start + text.length },
    passageIds: [...best.passageIds, ...other.passageIds],
  };
}

/** A passage that ends at `end` at the latest. */
function upTo(latest: number, item: RankedPassage): RankedPassage {
  const { passage } = item;
  const end = Math.min(latest, passage.end);
  return { ...item, passage: { ...passage, end, text: passage.text.slice(0, end - passage.start) } };
}

type Legs = Readonly<Record<string, LegRank>>;

function bestLegs(a: Legs, b: Legs): Legs {
  const legs = new Map(Object.entries(a));
  for (const [name, leg] of Object.entries(b)) {
    const known = legs.get(name);
    if (known === undefined || leg.rank < known.rank) legs.set(name, leg);
  }
  return Object.fromEntries(legs);
}
