import { type Content, type Html, html } from "./html.ts";
import { searchResults } from "./search-results.ts";
import type { SearchView } from "./search-view.ts";

const types = [
  ["all", "Everything"],
  ["projects", "Projects"],
  ["files", "Files"],
  ["conversations", "Conversations"],
  ["messages", "Messages"],
] as const;

/** The search box with its results; results refresh while one types. */
export function searchPage(view: SearchView): Html {
  return html`
    <h1>Search your projects, files and conversations</h1>
    <form class="search" role="search" action="/" method="get">
      <label class="hidden" for="q">Search</label>
      <div class="completed">
        <input id="q" name="q" type="search" value="${view.query}" maxlength="400" autocomplete="off" aria-describedby="syntax" placeholder="Words, &quot;a phrase&quot;, -without, an identifier…"
          role="combobox" aria-autocomplete="list" aria-expanded="false" aria-controls="suggestions"
          hx-get="/search/results" hx-trigger="input changed delay:200ms, search" hx-target="#results" hx-include="closest form">
        <ul id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions" hidden></ul>
      </div>
      <select name="type" aria-label="Kind of result" hx-get="/search/results" hx-trigger="change" hx-target="#results" hx-include="closest form">
        ${types.map(([value, label]) => html`<option value="${value}"${value === view.type && html` selected`}>${label}</option>`)}
      </select>
      <button type="submit">Search</button>
    </form>
    ${syntax}
    <section id="results" aria-live="polite" aria-label="Results">${searchResults(view)}</section>`;
}

const conditions = [
  "type:files",
  "lang:typescript",
  "after:2026-01",
  "-word",
  '"a phrase"',
  "pre*",
  "this or that",
];
const syntax: Content = html`<p id="syntax" class="muted small">Also ${conditions.map((text, index) => html`${index > 0 && ", "}<code>${text}</code>`)}.</p>`;
