import type { RetrieverEvaluation } from "../report.ts";
import { html, type Markup } from "./markup.ts";
import { horizontalGrid, horizontalTicks, pixel, svg, ticks } from "./plot.ts";

const edges = { left: 60, right: 420, top: 10, bottom: 190 };

/** How one retriever scored relevant passages and others, each as shares of its own kind: the two are of unlike number. */
export function scorePlot({ name, distribution }: RetrieverEvaluation, id: string): Markup {
  const { bins, relevant, others } = distribution;
  const [low, high] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 1];
  const share = (count: number, all: number) => (all === 0 ? 0 : (100 * count) / all);
  const shares = bins.map((bin) => ({
    ...bin,
    relevantShare: share(bin.relevant, relevant.passages),
    othersShare: share(bin.others, others.passages),
  }));
  const most = shares.reduce((a, bin) => Math.max(a, bin.relevantShare, bin.othersShare), 1);
  const x = { from: low, to: high > low ? high : low + 1, start: edges.left, end: edges.right };
  const y = { from: 0, to: most, start: edges.bottom, end: edges.top };
  const width = (edges.right - edges.left) / Math.max(1, bins.length) / 2 - 1;
  const bars = shares.map((bin, place) => {
    const left = edges.left + (place * (edges.right - edges.left)) / shares.length;
    const bar = (kind: "relevant" | "others", value: number, offset: number) => {
      const top = pixel(y, value);
      return html`<rect class="${kind}" x="${Math.round((left + offset) * 10) / 10}" y="${top}" width="${Math.round(width * 10) / 10}" height="${Math.round((edges.bottom - top) * 10) / 10}"><title>${`${bin.from.toFixed(3)} to ${bin.to.toFixed(3)}: ${bin.relevant} relevant, ${bin.others} others`}</title></rect>`;
    };
    return html`${bar("others", bin.othersShare, 0.5)}${bar("relevant", bin.relevantShare, width + 1)}`;
  });
  return svg(
    {
      id,
      title: `Scores of ${name}`,
      description: `${relevant.passages} relevant passages, ${others.passages} others, by score.`,
      width: 440,
      height: 216,
    },
    [
      ...horizontalGrid(y, x, ticks(0, most, 4)),
      ...bars,
      ...horizontalTicks(x, edges.bottom, ticks(x.from, x.to, 5)),
    ],
  );
}
