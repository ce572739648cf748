import { html, type Markup } from "./markup.ts";

/** A stretch of values, and the stretch of pixels that shows it. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** The pixel of a value, to a tenth. */
export const pixel = ({ from, to, start, end }: Scale, value: number): number =>
  Math.round((start + ((value - from) / (to - from || 1)) * (end - start)) * 10) / 10;

/** Round values that the axis names, about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** The values with a margin of a twentieth, within 0 and 1. */
export function paddedRange(values: readonly number[]): { from: number; to: number } {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const margin = Math.max(0.01, (high - low) / 20);
  return { from: Math.max(0, low - margin), to: Math.min(1, high + margin) };
}

/** Points as the path of a line. */
export const linePath = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");

/** A number as short as it can be told. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** An image with a title and a description, as screen readers want it. */
export function svg({ id, title, description, width, height }: Picture, content: readonly Markup[]): Markup {
  return html`<svg role="img" aria-labelledby="${id}-title ${id}-description" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>${content}</svg>`;
}

export interface Picture {
  /** Unlike that of any other picture of the page; plain letters and digits. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

/** Lines across the picture with their values at the left. */
export const horizontalGrid = (y: Scale, x: Scale, values: readonly number[]): Markup[] =>
  values.map(
    (value) =>
      html`<line class="grid" x1="${x.start}" x2="${x.end}" y1="${pixel(y, value)}" y2="${pixel(y, value)}"/><text class="tick" x="${x.start - 8}" y="${pixel(y, value) + 4}" text-anchor="end">${short(value)}</text>`,
  );

/** Values under the picture. */
export const horizontalTicks = (x: Scale, bottom: number, values: readonly number[]): Markup[] =>
  values.map(
    (value) =>
      html`<text class="tick" x="${pixel(x, value)}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`,
  );
