import { figure, interval } from "../figures.ts";
import type { EvaluationReport, WeightCurve } from "../report.ts";
import { html, type Markup } from "./markup.ts";
import { horizontalGrid, horizontalTicks, linePath, paddedRange, pixel, svg, ticks } from "./plot.ts";

const picture = { width: 1100, height: 380 };
const edges = { left: 60, right: 1080, top: 16, bottom: 320 };

/** nDCG over the weight of one retriever: each method's line with its 95 % band, and the test half as a broken line. */
export function curvePlot(curves: readonly WeightCurve[], report: EvaluationReport, id: string): Markup {
  const [first] = curves;
  if (first === undefined) return html``;
  const points = curves.flatMap((curve) => curve.points);
  const range = paddedRange(
    points.flatMap(({ scores, halves }) => [
      scores.ndcg.low,
      scores.ndcg.high,
      ...(halves ? [halves.test] : []),
    ]),
  );
  const x = { from: 0, to: 1, start: edges.left, end: edges.right };
  const y = { ...range, start: edges.bottom, end: edges.top };
  const others = Object.keys(first.points[0]?.weights ?? {}).filter((name) => name !== first.retriever);
  const rest = others.length === 1 ? `all ${others[0]}` : `the others alone (${others.join(", ")})`;
  const lines = curves.map((curve) => {
    const at = (value: (point: WeightCurve["points"][number]) => number) =>
      curve.points.map((point): [number, number] => [pixel(x, point.share), pixel(y, value(point))]);
    const band = [
      ...at(({ scores }) => scores.ndcg.low),
      ...at(({ scores }) => scores.ndcg.high).toReversed(),
    ];
    const test = curve.points.every(({ halves }) => halves !== undefined)
      ? html`<path class="test ${curve.method}" d="${linePath(at(({ halves }) => halves?.test ?? 0))}"/>`
      : html``;
    return html`<path class="band ${curve.method}" d="${linePath(band)}Z"/><path class="line ${curve.method}" d="${linePath(at(({ scores }) => scores.ndcg.mean))}"/>${test}${curve.points.map((point) => dot(point, curve.method, [pixel(x, point.share), pixel(y, point.scores.ndcg.mean)]))}`;
  });
  return svg(
    {
      ...picture,
      id,
      title: `nDCG@${report.k} over the weight of ${first.retriever}`,
      description: curves.map(described).join(" "),
    },
    [
      ...horizontalGrid(y, x, ticks(range.from, range.to, 6)),
      ...horizontalTicks(x, edges.bottom, ticks(0, 1, 10)),
      ...lines,
      ...chosenMark(first, report, { x, y }),
      html`<text class="label" x="${edges.left}" y="${edges.bottom + 44}">${`← ${rest}`}</text><text class="label" x="${edges.right}" y="${edges.bottom + 44}" text-anchor="end">${`${first.retriever} alone →`}</text><text class="label" x="${(edges.left + edges.right) / 2}" y="${edges.bottom + 44}" text-anchor="middle">${`weight of ${first.retriever}`}</text>`,
    ],
  );
}

function dot(
  { share, scores, versusRrf }: WeightCurve["points"][number],
  method: string,
  [cx, cy]: readonly [number, number],
): Markup {
  const told = `${method}, weight ${share}: nDCG ${figure(scores.ndcg.mean)}${versusRrf ? `, to equal rrf ${interval(versusRrf)}` : ""}`;
  return html`<circle class="dot ${method}" cx="${cx}" cy="${cy}" r="3"><title>${told}</title></circle>`;
}

/** Where tuning came to, on the line of the test half: of two retrievers alone, because of more the curve shows a part. */
function chosenMark(
  { retriever }: WeightCurve,
  { tuned, retrievers, curves }: EvaluationReport,
  { x, y }: { x: Parameters<typeof pixel>[0]; y: Parameters<typeof pixel>[0] },
): Markup[] {
  const share = tuned?.weights[retriever];
  if (tuned === undefined || share === undefined || retrievers.length !== 2) return [];
  const point = curves
    .find((curve) => curve.method === tuned.method && curve.retriever === retriever)
    ?.points.find((candidate) => Math.abs(candidate.share - share) < 1e-6);
  if (point?.halves === undefined) return [];
  const [cx, cy] = [pixel(x, point.share), pixel(y, point.halves.test)];
  return [html`<circle class="chosen ${tuned.method}" cx="${cx}" cy="${cy}" r="7"/>`];
}

function described({ method, points }: WeightCurve): string {
  const best = points.reduce((a, b) => (b.scores.ndcg.mean > a.scores.ndcg.mean ? b : a));
  return `${method}: highest at weight ${best.share} with ${figure(best.scores.ndcg.mean)}.`;
}
