import type { AugmentedQuery, PromptedContext } from "./augment-query.ts";
import type { UnsupportedCitation } from "./citation-scanner.ts";
import type { TokenUsage } from "./ports.ts";

/** A part of a streamed answer. */
export type AnswerPart =
  /** First, before the model is called: what the answer will rest on. */
  | ({ readonly type: "context" } & Omit<AugmentedQuery, "messages" | "prompt">)
  /** A piece of the answer, Markdown. Written by a model: escape its HTML before it goes into a page. */
  | { readonly type: "text"; readonly text: string }
  /** After the text that holds the marker `[n]`: the passage it names. */
  | ({
      readonly type: "citation";
      /** With strict citations: the words of the passage, which stand from `start` to `end`. */
      readonly quote?: string;
    } & Pick<PromptedContext, "n" | "sourceType" | "sourceId" | "title" | "start" | "end">)
  /** With strict citations: the model cited passage `n` without words that stand in it. */
  | UnsupportedCitation
  /** The model cited a passage that does not exist. */
  | { readonly type: "unknown-citation"; readonly n: number }
  /** Instead of an answer, when there is no passage; the model is not called. */
  | {
      readonly type: "not-found";
      /** Says so to the user. */
      readonly text: string;
      /** `weak`: what was found scored too low. */
      readonly reason: "nothing" | "weak";
    }
  /** Last. */
  | {
      readonly type: "done";
      /** `not_found`, or the model's word: `stop`, `length`, `content_filter`, … */
      readonly finishReason: string;
      /** What the answer took. Undefined when the model's API did not say. */
      readonly usage: TokenUsage | undefined;
      /** With what models took before it, to rewrite, to summarise and to rerank. */
      readonly totalUsage: TokenUsage | undefined;
    };
