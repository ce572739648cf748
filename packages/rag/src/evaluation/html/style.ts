import { html, type Markup } from "./markup.ts";

/** Both schemes; the two methods and the two kinds of passages differ in lightness as well as in hue. */
export const style: Markup = html`<style>
:root { color-scheme: light dark; --page: #fbfaf8; --card: #ffffff; --ink: #1d2129; --soft: #5b6472; --line: #e2e0da; --a: #1f5fbf; --b: #c2570c; --good: #14713d; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --card: #1c1f25; --ink: #e8e6e1; --soft: #a2a9b4; --line: #343941; --a: #7fb0ff; --b: #ffab66; --good: #6fd79b; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
p { margin: 0 0 12px; max-width: 76ch; }
.soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px 24px; margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 24px 0 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 26px; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles small { display: block; font-size: 13px; font-weight: 400; color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 8px; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; font-weight: 400; }
thead th { color: var(--soft); font-size: 13px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.configured th, tr.configured td { font-weight: 650; }
th.words, td.words { white-space: normal; text-align: left; overflow-wrap: anywhere; min-width: 240px; }
th.systems { white-space: normal; overflow-wrap: anywhere; min-width: 130px; max-width: 220px; }
td small, th small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.up { color: var(--good); } .down { color: var(--bad); }
svg { display: block; max-width: 100%; height: auto; }
svg.bar { width: 180px; height: 20px; max-width: none; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid, .axis { stroke: var(--line); stroke-width: 1; }
.bar .range { stroke: var(--a); stroke-width: 4; stroke-opacity: .4; stroke-linecap: round; }
.bar .dot { fill: var(--a); }
.rrf { --c: var(--a); } .relative-score { --c: var(--b); }
path.line { fill: none; stroke: var(--c); stroke-width: 2.5; }
path.test { fill: none; stroke: var(--c); stroke-width: 1.5; stroke-dasharray: 5 4; }
path.band { fill: var(--c); fill-opacity: .1; }
circle.dot { fill: var(--c); }
.bar circle.dot { fill: var(--a); }
circle.chosen { fill: var(--card); stroke: var(--c); stroke-width: 3; }
rect.relevant { fill: var(--a); } rect.others { fill: var(--soft); fill-opacity: .45; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 0 0 8px; list-style: none; font-size: 13px; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: 22px; margin-right: 8px; vertical-align: middle; border-top: 3px solid var(--c, var(--soft)); }
.legend li.broken::before { border-top: 2px dashed var(--soft); }
.legend li.block::before { width: 12px; height: 12px; border: 0; border-radius: 3px; background: var(--c); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 12px 32px; }
.failures { border-color: var(--bad); }
</style>`;
