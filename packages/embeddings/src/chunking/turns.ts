import { fenceTracker } from "./fences.ts";
import { linesOf, type Span } from "./spans.ts";

/** What one speaker said before the next one spoke; begins with the line that names the speaker. */
export interface Turn extends Span {
  speaker: string;
}

/** `Alice:`, `**User**:`, `[10:32] Anne Marie:` at the start of a line; a name has at most three words. */
const label =
  /^[ \t]{0,3}(?:\[[^\]\n]{1,30}\][ \t]?)?[*_]{0,2}(\p{L}[\p{L}\p{M}\p{N}'._-]*(?: [\p{L}\p{M}\p{N}'._-]+){0,2})[*_]{0,2} ?:[*_]{0,2}(?=\s|$)/u;
const longestLabel = 100;
const roles = new Set("user human assistant ai bot model system developer tool function".split(" "));

/**
 * The turns of a transcript, together the whole text; none for a text that is no transcript.
 *
 * A transcript begins with a speaker. If that is a role of a chat model (`User:`, `Assistant:` …), roles alone are
 * speakers, because what they say has lines like `Note:`; otherwise every name at the start of a line, of which there
 * are two at least and one of them more than once. Fenced code has no speakers.
 */
export function turnsOf(text: string): Turn[] {
  const labels = labelsOf(text);
  const [first] = labels;
  if (first === undefined || text.slice(0, first.at).trim() !== "") return [];
  const isRole = (speaker: string) => roles.has(speaker.toLowerCase());
  const names = new Set(labels.map(({ speaker }) => speaker));
  if (!isRole(first.speaker) && (names.size < 2 || names.size === labels.length)) return [];
  const spoken = isRole(first.speaker) ? labels.filter(({ speaker }) => isRole(speaker)) : labels;
  return spoken.map(({ speaker, at }, number) => ({
    speaker,
    start: number === 0 ? 0 : at,
    end: spoken[number + 1]?.at ?? text.length,
  }));
}

interface Label {
  speaker: string;
  at: number;
}

function labelsOf(text: string): Label[] {
  const labels: Label[] = [];
  /** In a fence that may never be closed: then it is none, or it would swallow all turns after it. */
  let fenced: Label[] = [];
  const placeOf = fenceTracker();
  for (const { start, end } of linesOf(text, { start: 0, end: text.length })) {
    const place = placeOf(text.slice(start, end));
    if (place === "end") fenced = [];
    const [, speaker] = label.exec(text.slice(start, Math.min(end, start + longestLabel))) ?? [];
    if (speaker !== undefined) (place === "outside" ? labels : fenced).push({ speaker, at: start });
  }
  return [...labels, ...fenced];
}

/** Who speaks at a place that is not the beginning of a turn; empty at the beginning, where the text itself says it. */
export function continuedSpeaker(turns: readonly Turn[], at: number): string {
  let [low, high] = [0, turns.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((turns[middle]?.start ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const turn = turns[low - 1];
  return turn === undefined || turn.start === at ? "" : turn.speaker;
}
