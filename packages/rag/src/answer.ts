import {
  type AugmentedQuery,
  type AugmentQueryCall,
  augmentQuery,
  type PromptedContext,
} from "./augment-query.ts";
import { type CitationScanner, createCitationScanner, type ScannedPart } from "./citation-scanner.ts";
import { codeOf, isRagError, isRetryable, RagError, statusOf } from "./errors.ts";
import type { Generator, GeneratorPart, TokenUsage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { templates } from "./templates.ts";
import { wholeNumber } from "./validate.ts";

/** A call of `answer`. */
export type AnswerCall = AugmentQueryCall;

/** A part of a streamed answer. */
export type AnswerPart =
  /** First, before the model is called: what the answer will rest on. */
  | ({ readonly type: "context" } & Omit<AugmentedQuery, "messages" | "prompt">)
  /** A piece of the answer. Written by a model: escape it before it goes into a page. */
  | { readonly type: "text"; readonly text: string }
  /** After the text that holds the marker `[n]`: the passage it names. */
  | ({ readonly type: "citation" } & Pick<
      PromptedContext,
      "n" | "sourceType" | "sourceId" | "title" | "start" | "end"
    >)
  /** The model cited a passage that does not exist. */
  | { readonly type: "unknown-citation"; readonly n: number }
  /** Instead of an answer, when retrieval found nothing; the model is not called. `text` says so. */
  | { readonly type: "not-found"; readonly text: string }
  /** Last. */
  | {
      readonly type: "done";
      /** `not_found`, or the model's word: `stop`, `length`, `content_filter`, … */
      readonly finishReason: string;
      /** Undefined when the model's API did not say. */
      readonly usage: TokenUsage | undefined;
    };

/** Retrieves, asks the model and streams its answer. See `Rag.answer`. */
export async function* answer(options: ResolvedOptions, call: AnswerCall): AsyncGenerator<AnswerPart, void> {
  const generator = assertGenerator(options.generator);
  const maxTokens =
    call.maxAnswerTokens === undefined
      ? undefined
      : wholeNumber("answer.maxAnswerTokens", call.maxAnswerTokens, 1, 10_000_000);
  const { messages, prompt: _, ...context } = await augmentQuery(options, call);
  if (context.contexts.length === 0 && context.dropped.some(({ reason }) => reason === "budget"))
    throw new RagError(
      "BUDGET_TOO_SMALL",
      `answer: passages were found, and none fits beside instructions, history and question in ${context.budget.maxTokens} tokens. Raise maxContextTokens.`,
    );
  yield { type: "context", ...context };
  if (context.contexts.length === 0) {
    yield { type: "not-found", text: templates[call.locale ?? options.locale].notFound };
    yield { type: "done", finishReason: "not_found", usage: { promptTokens: 0, completionTokens: 0 } };
    return;
  }
  const parts = generated(generator, {
    messages,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  });
  yield* withCitations(parts, context.contexts);
}

function assertGenerator(generator: Generator | undefined): Generator {
  if (generator !== undefined) return generator;
  throw new RagError(
    "GENERATOR_REQUIRED",
    "answer: createRag has no `generator`. Pass one, for example openaiGenerator(client, { model }), or call augmentQuery and send its messages yourself.",
  );
}

/** The generator's parts; its failures, and a stream without an end, as GENERATION_FAILED. */
async function* generated(
  generator: Generator,
  call: Parameters<Generator["generate"]>[0],
): AsyncGenerator<GeneratorPart, void> {
  call.signal?.throwIfAborted();
  let finished = false;
  try {
    for await (const part of generator.generate(call)) {
      call.signal?.throwIfAborted();
      finished ||= part.type === "finish";
      yield part;
    }
  } catch (error) {
    call.signal?.throwIfAborted();
    throw isRagError(error) ? error : generationFailed(error);
  }
  // Some clients end the stream silently when it is aborted.
  call.signal?.throwIfAborted();
  if (!finished)
    throw new RagError(
      "GENERATION_FAILED",
      "answer: the model's stream ended without a finish part, so the answer is cut. Ask again.",
      { retryable: true },
    );
}

function generationFailed(error: unknown): RagError {
  const status = statusOf(error);
  return new RagError(
    "GENERATION_FAILED",
    `answer: the model's API failed: ${status === undefined ? codeOf(error) : `HTTP ${status}`}. Its error is in \`cause\`.`,
    { cause: error, retryable: isRetryable(error), details: status === undefined ? {} : { status } },
  );
}

async function* withCitations(
  parts: AsyncIterable<GeneratorPart>,
  contexts: readonly PromptedContext[],
): AsyncGenerator<AnswerPart, void> {
  const scanner: CitationScanner = createCitationScanner(contexts.length);
  const resolved = (scanned: readonly ScannedPart[]): AnswerPart[] =>
    scanned.map((part) => {
      const context = part.type === "citation" ? contexts[part.n - 1] : undefined;
      if (context === undefined) return part as Exclude<ScannedPart, { type: "citation" }>;
      const { n, sourceType, sourceId, title, start, end } = context;
      return { type: "citation", n, sourceType, sourceId, title, start, end };
    });
  for await (const part of parts) {
    if (part.type === "text") yield* resolved(scanner.push(part.text));
    else {
      yield* resolved(scanner.end());
      yield { type: "done", finishReason: part.finishReason, usage: part.usage };
    }
  }
}
