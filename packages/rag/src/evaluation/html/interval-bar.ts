import type { Estimate } from "../bootstrap.ts";
import { estimate } from "../figures.ts";
import { html, type Markup } from "./markup.ts";
import { pixel, type Scale } from "./plot.ts";

/** A figure as a dot on its 95 % interval; all bars of a table share one scale. Hidden from screen readers: the figures stand beside. */
export function intervalBar(value: Estimate, range: Pick<Scale, "from" | "to">): Markup {
  const scale = { ...range, start: 6, end: 194 };
  const [low, mean, high] = [value.low, value.mean, value.high].map((bound) => pixel(scale, bound));
  return html`<svg class="bar" aria-hidden="true" viewBox="0 0 200 20" width="200" height="20"><title>${estimate(value)}</title><line class="axis" x1="6" x2="194" y1="10" y2="10"/><line class="range" x1="${low}" x2="${high}" y1="10" y2="10"/><circle class="dot" cx="${mean}" cy="10" r="4.5"/></svg>`;
}
