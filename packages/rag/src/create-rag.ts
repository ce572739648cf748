import { type AnswerCall, answer } from "./answer.ts";
import type { AnswerPart } from "./answer-part.ts";
import { type AugmentedQuery, type AugmentQueryCall, augmentQuery } from "./augment-query.ts";
import { type FormatForPromptCall, type FormattedContexts, formatForPrompt } from "./format-for-prompt.ts";
import type { RagOptions } from "./options.ts";
import { resolveOptions } from "./resolve-options.ts";
import type { RetrieveContextCall, RetrievedContexts } from "./retrieve-context.ts";
import { tracedRetrieveContext, withTracing } from "./tracing.ts";

/** Retrieval and prompts for a language model. */
export interface Rag {
  /**
   * The passages that fit the query best: every retriever asked side by side, weak passages left out, rankings fused,
   * passages of one row joined where they meet, age counted, the best scored anew, and chosen for diversity.
   *
   * A retriever that fails or is late is left out and reported, as long as another answers; when the reranker does,
   * the fused order stands.
   * @throws {RagError} USER_REQUIRED, EMPTY_QUERY, INVALID_OPTION, RETRIEVAL_FAILED
   */
  retrieveContext(call: RetrieveContextCall): Promise<RetrievedContexts>;

  /**
   * A prompt of at most `maxContextTokens`: instructions, the conversation's newest turns, the best passages and the
   * question; and a report of what is in it, what was left out, and why. Where there is a `helper`, a question that
   * follows others is rewritten for retrieval, and turns without room are summarised; neither can fail the call.
   * @throws {RagError} those of `retrieveContext`, BUDGET_TOO_SMALL, HISTORY_REQUIRED, CONVERSATION_NOT_FOUND
   */
  augmentQuery(call: AugmentQueryCall): Promise<AugmentedQuery>;

  /** {@link formatForPrompt} in the language and with the template of `createRag`. */
  formatForPrompt(call: FormatForPromptCall): FormattedContexts;

  /**
   * The model's answer as it comes: `context`, then `text` and citations, then `done`; or
   * `context`, `not-found`, `done` without a call of the model. Leaving the loop early, or aborting `signal`, ends
   * the model's work. Errors come from the loop.
   * @throws {RagError} those of `augmentQuery`, GENERATOR_REQUIRED, GENERATION_FAILED
   */
  answer(call: AnswerCall): AsyncIterable<AnswerPart>;
}

/**
 * Retrieval-augmented generation over any retrievers: objects of `@devora/search` and `@devora/embeddings`, or your
 * own. Opens nothing, keeps nothing between calls.
 *
 * @throws {RagError} INVALID_OPTION
 * @example
 * const rag = createRag({ retrievers: { keyword: search, semantic: embeddings } });
 * const { messages, contexts } = await rag.augmentQuery({ query, userId, maxContextTokens: 2000 });
 */
export function createRag(options: RagOptions): Rag {
  const resolved = withTracing(resolveOptions(options));
  return {
    retrieveContext: (call) => tracedRetrieveContext(resolved, call),
    augmentQuery: (call) => augmentQuery(resolved, call),
    formatForPrompt: ({ contexts, locale = resolved.locale, template = resolved.template }) =>
      formatForPrompt({ contexts, locale, template }),
    answer: (call) => answer(resolved, call),
  };
}
