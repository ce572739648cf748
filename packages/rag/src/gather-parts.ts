import type { HelperOutcome } from "./ask-helper.ts";
import type { HistoryPlan } from "./fit-history.ts";
import type { PromptMessage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import type { RetrieveContextCall, RetrievedContexts } from "./retrieve-context.ts";
import { rewriteQuestion } from "./rewrite-question.ts";
import { summarizeTurns } from "./summarize-turns.ts";
import type { Locale } from "./templates.ts";
import { tracedRetrieveContext } from "./tracing.ts";
import { withSignal } from "./with-signal.ts";

interface Request extends RetrieveContextCall {
  readonly question: string;
  readonly locale: Locale;
  /** All turns that were read, oldest first. */
  readonly said: readonly PromptMessage[];
  readonly plan: HistoryPlan;
}

/** What goes into a prompt beside the turns themselves. */
export interface PromptIngredients {
  readonly retrieved: RetrievedContexts;
  /** Undefined where there was nothing to rewrite, or nobody to do it. */
  readonly rewriting: HelperOutcome | undefined;
  /** Undefined where there was nothing to summarise, or nobody to do it. */
  readonly summary: HelperOutcome | undefined;
}

/** Rewrites the question and retrieves with it; beside both, because it needs neither, the summary is written. */
export function gatherParts(options: ResolvedOptions, request: Request): Promise<PromptIngredients> {
  const { question, locale, said, plan, ...call } = request;
  const { helper, rewrite, summarize } = options;
  return withSignal(call.signal, async (signal) => {
    const retrieve = async () => {
      const rewriting =
        helper !== undefined && rewrite && said.length > 0
          ? await rewriteQuestion(helper, { question, turns: said, locale, signal }, options)
          : undefined;
      const query = rewriting?.text ?? question;
      return { rewriting, retrieved: await tracedRetrieveContext(options, { ...call, query, signal }) };
    };
    const writeSummary = async () =>
      helper !== undefined && summarize && plan.omitted.length > 0
        ? summarizeTurns(helper, { plan, locale, signal }, options)
        : undefined;
    const [found, summary] = await Promise.all([retrieve(), writeSummary()]);
    return { ...found, summary };
  });
}
