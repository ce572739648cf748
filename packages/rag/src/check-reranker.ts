import type { Reranker } from "./ports.ts";
import { isUsage } from "./usage.ts";

/** What a reranker is checked with: two texts, of which one answers the query. */
export interface RerankerCheck {
  readonly query: string;
  /** A text that answers the query. */
  readonly relevant: string;
  /** A text about something else. */
  readonly irrelevant: string;
}

/**
 * What a {@link Reranker} does against its contract; an empty list when nothing was found. Asks it three times with
 * passages, and once with an aborted signal.
 *
 * Checked: known ids, once each; finite scores from 0 to 1; the relevant text above the other, whichever comes first
 * and whatever its id; one passage alone; an aborted signal; usage, where it is told.
 *
 * @example
 * expect(await checkReranker(reranker, { query: "capital of France?", relevant: "Paris is …", irrelevant: "Bread …" })).toEqual([]);
 */
export async function checkReranker(
  reranker: Reranker,
  { query, relevant, irrelevant }: RerankerCheck,
): Promise<string[]> {
  const findings = new Set<string>();
  const ask = async (texts: readonly string[], signal = new AbortController().signal) => {
    const passages = texts.map((text, index) => ({ id: `passage-${index + 1}`, title: "", text }));
    const { scores, usage } = await reranker.rerank({ query, passages, signal });
    if (!Array.isArray(scores)) {
      findings.add("scores is not a list");
      return new Map<string, number>();
    }
    const ids = scores.map(({ id }) => id);
    if (new Set(ids).size < ids.length) findings.add("an id occurs twice");
    if (ids.some((id) => !passages.some((passage) => passage.id === id)))
      findings.add("an id is scored that was not asked");
    if (scores.some(({ score }) => !Number.isFinite(score))) findings.add("a score is not finite");
    else if (scores.some(({ score }) => score < 0 || score > 1)) findings.add("a score is not within 0 to 1");
    if (usage !== undefined && !isUsage(usage)) findings.add("usage holds what is no number of tokens");
    return new Map(scores.map(({ id, score }) => [id, score]));
  };
  /** Scores by place; a text that is left out is below all. */
  const scored = async (texts: readonly string[]) => {
    const scoreOf = await ask(texts);
    return texts.map((_, index) => scoreOf.get(`passage-${index + 1}`) ?? Number.NEGATIVE_INFINITY);
  };

  const [firstHigh = 0, firstLow = 0] = await scored([relevant, irrelevant]);
  const [secondLow = 0, secondHigh = 0] = await scored([irrelevant, relevant]);
  if (!(firstHigh > firstLow && secondHigh > secondLow))
    findings.add("the relevant text does not score above the other in both orders");
  const [alone = 0] = await scored([relevant]);
  if (alone === Number.NEGATIVE_INFINITY) findings.add("a relevant text by itself is left out");

  const ignored = await ask([relevant, irrelevant], AbortSignal.abort()).then(
    () => true,
    () => false,
  );
  if (ignored) findings.add("an aborted signal is ignored");
  return [...findings];
}
