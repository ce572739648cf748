import { type CodeFence, fenceAfter } from "./code-fence.ts";

/**
 * The longest beginning of `text` that ends at a line's end, outside fenced code, and that `fits` accepts.
 * Undefined when there is none. `fits` must accept every beginning of a text that it accepts.
 */
export function cutText(text: string, fits: (beginning: string) => boolean): string | undefined {
  const ends = cutPoints(text);
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (fits(text.slice(0, ends[middle]))) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : text.slice(0, ends[low - 1]);
}

/** Offsets of the ends of lines after which no fence is open; the text's own end is not among them. */
function cutPoints(text: string): number[] {
  const points: number[] = [];
  let fence: CodeFence | undefined;
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
    fence = fenceAfter(fence, text.slice(start, end));
    if (fence === undefined && end > start) points.push(end);
    start = end + 1;
  }
  return points;
}
