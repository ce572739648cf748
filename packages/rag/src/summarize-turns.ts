import { askHelper, type HelperOutcome } from "./ask-helper.ts";
import type { HistoryPlan } from "./fit-history.ts";
import { summaryPrompt } from "./helper-prompts.ts";
import { chooseMarker } from "./marker.ts";
import type { Generator } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { beginning } from "./rewrite-question.ts";
import type { Locale } from "./templates.ts";

interface EarlierTurns {
  readonly plan: HistoryPlan;
  readonly locale: Locale;
  readonly signal: AbortSignal;
}

/** Of each turn the beginning: forty turns of this length are about 10,000 tokens for the helper. */
const mostTurnCharacters = 1000;
/** Some models count their thinking here; the summary is cut to its room anyway. */
const leastMaxTokens = 300;

/** What the turns that the plan omits said, in few words: one line that keeps to its room. */
export function summarizeTurns(
  helper: Generator,
  { plan, locale, signal }: EarlierTurns,
  options: ResolvedOptions,
): Promise<HelperOutcome> {
  const said = plan.omitted.map(({ role, content }) => ({
    role,
    content: beginning(content, mostTurnCharacters),
  }));
  const marker = chooseMarker(said.map(({ content }) => content));
  // A word takes one and a half tokens, or two by a counter that errs above.
  const words = Math.max(10, Math.floor(plan.summaryTokens / 2));
  return askHelper(
    helper,
    {
      name: "summary",
      messages: summaryPrompt(locale, marker, { turns: said, words }),
      maxTokens: Math.max(leastMaxTokens, Math.ceil(plan.summaryTokens)),
      signal,
      accept: (text) => shortened(oneLine(text), plan.fitsSummary),
    },
    options,
  );
}

/** Without fences, which cutting would leave open, and without lines that could look like something else. */
const oneLine = (text: string): string =>
  text
    .replace(/`{3,}|~{3,}/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** The longest beginning that fits, at a word's end; undefined when that is nothing. */
function shortened(text: string, fits: (text: string) => boolean): string | undefined {
  if (text === "") return undefined;
  if (fits(text)) return text;
  const ends = [...text.matchAll(/ /g)].map((match) => match.index);
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (fits(`${text.slice(0, ends[middle])} […]`)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : `${text.slice(0, ends[low - 1])} […]`;
}
