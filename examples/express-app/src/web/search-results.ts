import { type Content, type Html, highlighted, html } from "./html.ts";
import { facetList } from "./search-facets.ts";
import { type SearchAnswer, type SearchView, searchPath } from "./search-view.ts";

const examples = [
  "row level security",
  "withUser",
  "durée de rétention",
  "Stripe webhook",
  "type:files lang:sql trigger",
];

/** The results alone, for the live refresh and for further pages. */
export function searchResults(view: SearchView): Content {
  const { query, answer, isFurther } = view;
  if (!answer) {
    return html`<p class="muted">Try ${examples.map((example, index) => html`${index > 0 && ", "}<a href="${searchPath("/", { q: example })}">${example}</a>`)}.</p>`;
  }
  if (isFurther) return page(view, answer);
  if (answer.results.length === 0) {
    return html`${notices(view, answer)}
      <p>Nothing found for <q>${query}</q>. <span class="muted">${answer.explanation !== undefined ? `Reason: ${answer.explanation.replaceAll("_", " ")}.` : "Try other words."}</span></p>`;
  }
  return html`${notices(view, answer)}
    <p class="muted">${summary(answer)}</p>
    ${facetList(view, answer)}
    ${page(view, answer)}`;
}

function summary({ total, complete, executionTimeMs, relaxed }: SearchAnswer): string {
  const count = `${complete ? "" : "About "}${total.toLocaleString("en")} result${total === 1 ? "" : "s"}`;
  return `${count} in ${executionTimeMs.toFixed(1)} ms${relaxed ? ", some with only part of the words" : ""}`;
}

/** How the query was understood, where that is not as it was typed. */
function notices({ query, type }: SearchView, answer: SearchAnswer): Content {
  const { correctedQuery, didYouMean, droppedWords, filters } = answer;
  const link = (q: string) => html`<a href="${searchPath("/", { q, type })}">${q}</a>`;
  return [
    correctedQuery !== undefined
      ? html`<p class="notice">Showing results for ${link(correctedQuery)}. <span class="muted">Nothing has <q>${query}</q>.</span></p>`
      : didYouMean !== undefined && html`<p class="notice">Did you mean ${link(didYouMean)}?</p>`,
    droppedWords.length > 0 &&
      html`<p class="notice">No result has all words. Left out: ${words(droppedWords)}</p>`,
    ...filters.map(
      ({ name, values, problem, allowed }) =>
        problem !== undefined &&
        html`<p class="notice"><code>${name}:${values.join(",")}</code> ${problems[problem]}${allowed !== undefined && allowed.length > 0 && `; one of ${allowed.join(", ")} would be`}.</p>`,
    ),
  ];
}

const problems = {
  not_a_date: "is no date such as 2026-01 or 2026-01-31, and was ignored",
  unknown_value: "is not known here, and was ignored",
  impossible_value: "is no value that a row can have",
} as const;

const words = (missing: readonly string[]): Content =>
  missing.map((word, index) => html`${index > 0 && " "}<s>${word}</s>`);

/** Rows, then the way to more of them; without scripts a link to a page of its own. */
function page({ query, type, isFurther }: SearchView, { results, nextCursor: cursor }: SearchAnswer): Html {
  const parameters = cursor !== undefined && { q: query, type, cursor };
  // The link that was followed is gone: its keyboard focus goes on to what it brought.
  return html`
    <ol class="results"${isFurther && html` tabindex="-1" autofocus aria-label="Further results"`}>${results.map(result)}</ol>
    ${isFurther && results.length === 0 && html`<p class="muted">That was all.</p>`}
    ${parameters && html`<p id="more" class="more"><a class="button" href="${searchPath("/", parameters)}" hx-get="${searchPath("/search/results", parameters)}" hx-target="#more" hx-swap="outerHTML">Load more</a></p>`}`;
}

function result({
  type,
  id,
  titleSegments,
  snippet,
  lines,
  score,
  missingWords,
}: SearchAnswer["results"][number]): Html {
  return html`
    <li>
      <h2><span class="badge ${type}">${type}</span> ${highlighted(titleSegments)}</h2>
      ${lines !== undefined && lines.length > 0 ? code(lines) : html`<p>${highlighted(snippet)}</p>`}
      <p class="muted small">score ${score.toFixed(3)}${missingWords.length > 0 && html` · without ${words(missingWords)}`} · ${link(type, id)}</p>
    </li>`;
}

const code = (lines: NonNullable<SearchAnswer["results"][number]["lines"]>): Html =>
  html`<ol class="lines code">${lines.map(({ number, segments }) => html`<li value="${number}">${highlighted(segments)}</li>`)}</ol>`;

const apiPaths: Record<string, string> = {
  projects: "projects",
  files: "files",
  conversations: "conversations",
};
const link = (type: string, id: string): Content =>
  apiPaths[type] !== undefined && html`<a href="/api/${apiPaths[type]}/${id}">JSON</a>`;
