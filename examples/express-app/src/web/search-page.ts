import type { Services } from "../services.ts";
import { type Content, type Html, highlighted, html } from "./html.ts";

/** What a search answers. */
export type SearchAnswer = Awaited<ReturnType<Services["search"]["search"]>>;

export interface SearchPageOptions {
  query: string;
  type: string;
  answer: SearchAnswer | undefined;
}

const types = [
  ["all", "Everything"],
  ["projects", "Projects"],
  ["files", "Files"],
  ["conversations", "Conversations"],
  ["messages", "Messages"],
] as const;
const examples = [
  "row level security",
  "withUser",
  "durée de rétention",
  "Stripe webhook",
  "hashingEmbedder",
];

/** The search box with its results; results refresh while one types. */
export function searchPage({ query, type, answer }: SearchPageOptions): Html {
  return html`
    <h1>Search your projects, files and conversations</h1>
    <form class="search" role="search" action="/" method="get">
      <label class="hidden" for="q">Search</label>
      <input id="q" name="q" type="search" value="${query}" maxlength="400" autocomplete="off" list="suggestions" placeholder="Words, &quot;a phrase&quot;, -without, an identifier…"
        hx-get="/search/results" hx-trigger="input changed delay:200ms, search" hx-target="#results" hx-include="closest form">
      <select name="type" aria-label="Kind of result" hx-get="/search/results" hx-trigger="change" hx-target="#results" hx-include="closest form">
        ${types.map(([value, label]) => html`<option value="${value}"${value === type && html` selected`}>${label}</option>`)}
      </select>
      <button type="submit">Search</button>
      <datalist id="suggestions"></datalist>
    </form>
    <section id="results" aria-live="polite">${searchResults(query, answer)}</section>`;
}

/** The results alone, for the live refresh. */
export function searchResults(query: string, answer: SearchAnswer | undefined): Content {
  if (!answer) {
    return html`<p class="muted">Try ${examples.map((example, index) => html`${index > 0 && ", "}<a href="/?q=${encodeURIComponent(example)}">${example}</a>`)}.</p>`;
  }
  if (answer.results.length === 0) {
    return html`<p>Nothing found for <q>${query}</q>. <span class="muted">${answer.explanation !== undefined ? `Reason: ${answer.explanation.replaceAll("_", " ")}.` : "Try other words."}</span></p>`;
  }
  return html`
    <p class="muted">${answer.total} result${answer.total !== 1 && "s"} in ${answer.executionTimeMs.toFixed(1)} ms${answer.relaxed && ", some with only part of the words"}</p>
    <ol class="results">${answer.results.map(result)}</ol>`;
}

function result({
  type,
  id,
  titleSegments,
  snippet,
  score,
  metadata,
}: SearchAnswer["results"][number]): Html {
  const { line } = metadata;
  return html`
    <li>
      <h2><span class="badge ${type}">${type}</span> ${highlighted(titleSegments)}${line !== undefined && html` <span class="muted">line ${line}</span>`}</h2>
      <p class="${type === "files" ? "code" : ""}">${highlighted(snippet)}</p>
      <p class="muted small">score ${score.toFixed(3)} · ${link(type, id)}</p>
    </li>`;
}

const apiPaths: Record<string, string> = {
  projects: "projects",
  files: "files",
  conversations: "conversations",
};
const link = (type: string, id: string): Content =>
  apiPaths[type] !== undefined && html`<a href="/api/${apiPaths[type]}/${id}">JSON</a>`;
