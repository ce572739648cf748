import { type Content, html } from "./html.ts";
import { type SearchAnswer, type SearchView, searchPath } from "./search-view.ts";

/** Filters whose values say something to a person; ids do not. */
const shown: Record<string, string> = {
  programmingLanguage: "Language",
  projectType: "Project type",
  status: "Status",
  role: "Written by",
};
const mostValues = 6;

/** How many results have each value of a filter; each narrows the search to it, and chosen ones widen it again. */
export function facetList({ query, type }: SearchView, answer: SearchAnswer): Content {
  const facets = Object.values(answer.facets ?? {}).flatMap((of) => Object.entries(of));
  const lists = facets.flatMap(([name, counts]) => {
    const label = shown[name];
    const values = Object.entries(counts).filter(([value]) => value !== "");
    return label === undefined || values.length === 0 ? [] : [{ name, label, values }];
  });
  if (lists.length === 0) return undefined;
  const asked = answer.correctedQuery ?? query;
  return html`<ul class="facets" aria-label="Narrow the results">${lists.map(
    ({ name, label, values }) => html`
      <li>${label}: ${mostFrequent(values).map(([value, count]) => {
        const { q, isChosen } = toggled(asked, conditionOf(name, value));
        return html` <a href="${searchPath("/", { q, type })}"${isChosen && html` aria-current="true"`}>${value} <span class="muted">${count}</span></a>`;
      })}</li>`,
  )}</ul>`;
}

const mostFrequent = (values: readonly [string, number][]): [string, number][] =>
  [...values].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).slice(0, mostValues);

const conditionOf = (name: string, value: string): string =>
  /^[\p{L}\p{N}_+#.-]+$/u.test(value) ? `${name}:${value}` : `${name}:"${value.replaceAll('"', "")}"`;

/** The query with the condition, or without it where it has it. */
function toggled(query: string, condition: string): { q: string; isChosen: boolean } {
  const others = ` ${query} `.split(` ${condition} `);
  return others.length === 1
    ? { q: `${query.trim()} ${condition}`, isChosen: false }
    : { q: others.join(" ").trim(), isChosen: true };
}
