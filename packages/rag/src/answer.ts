import type { AnswerPart } from "./answer-part.ts";
import { type AugmentQueryCall, augmentQuery } from "./augment-query.ts";
import { type CheckedCitations, checkCitations } from "./check-citations.ts";
import { codeOf, isRagError, isRetryable, RagError, statusOf } from "./errors.ts";
import { createLinkEscaper } from "./escape-links.ts";
import type { FittedContext } from "./fit-passages.ts";
import type { Generator, GeneratorPart, TokenUsage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { templateOf } from "./templates.ts";
import { addUsage, noUsage } from "./usage.ts";
import { wholeNumber } from "./validate.ts";

/** A call of `answer`. */
export type AnswerCall = AugmentQueryCall;

/** Retrieves, asks the model and streams its answer. See `Rag.answer`. */
export async function* answer(options: ResolvedOptions, call: AnswerCall): AsyncGenerator<AnswerPart, void> {
  const generator = assertGenerator(options.generator);
  const maxTokens =
    call.maxAnswerTokens === undefined
      ? undefined
      : wholeNumber("answer.maxAnswerTokens", call.maxAnswerTokens, 1, 10_000_000);
  const texts = templateOf(options, call.locale ?? options.locale);
  let kept: readonly FittedContext[] = [];
  const {
    messages,
    prompt: _,
    ...context
  } = await augmentQuery(options, call, {
    quoting: options.strictCitations === undefined ? undefined : texts.quoting,
    onFitted: (fitted) => {
      kept = fitted;
    },
  });
  if (context.contexts.length === 0 && context.dropped.some(({ reason }) => reason === "budget"))
    throw new RagError(
      "BUDGET_TOO_SMALL",
      `answer: passages were found, and none fits beside instructions, history and question in ${context.budget.maxTokens} tokens. Raise maxContextTokens.`,
    );
  yield { type: "context", ...context };
  if (context.contexts.length === 0) {
    const reasons = context.dropped.map(({ reason }) => reason);
    yield { type: "not-found", text: texts.notFound, reason: reasons.includes("weak") ? "weak" : "nothing" };
    yield { type: "done", finishReason: "not_found", usage: noUsage, totalUsage: context.usage };
    return;
  }
  const parts = generated(generator, {
    messages,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  });
  const citations = checkCitations(context.contexts, kept, options.strictCitations);
  const answered = withCitations(parts, citations, context.usage);
  yield* options.links === "keep" ? answered : withoutLinks(answered);
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
  citations: CheckedCitations,
  usageBefore: TokenUsage | undefined,
): AsyncGenerator<AnswerPart, void> {
  for await (const part of parts) {
    if (part.type === "text") yield* citations.push(part.text);
    else {
      yield* citations.end();
      const { finishReason, usage } = part;
      yield { type: "done", finishReason, usage, totalUsage: addUsage(usage, usageBefore) };
    }
  }
}

async function* withoutLinks(parts: AsyncIterable<AnswerPart>): AsyncGenerator<AnswerPart, void> {
  const escaper = createLinkEscaper();
  for await (const part of parts) {
    const text = part.type === "text" ? escaper.push(part.text) : escaper.flush();
    if (text !== "") yield { type: "text", text };
    if (part.type !== "text") yield part;
  }
}
