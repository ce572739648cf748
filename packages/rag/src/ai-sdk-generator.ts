import type { Generator, PromptMessage, TokenUsage } from "./ports.ts";
import { pricing, type TokenPrice } from "./usage.ts";
import { invalid } from "./validate.ts";

/** A message as the AI SDK's models take it. */
type AiSdkMessage =
  | { role: "system"; content: string }
  | { role: "user" | "assistant"; content: { type: "text"; text: string }[] };

/** A part of a model's stream, as far as it is read. */
interface AiSdkPart {
  readonly type: string;
  /** Of `text-delta`. */
  readonly delta?: unknown;
  /** Of `error`. */
  readonly error?: unknown;
  /** Of `finish`: a word, or from version 3 of the specification `{ unified, raw }`. */
  readonly finishReason?: unknown;
  /** Of `finish`: `inputTokens` and `outputTokens`, numbers or from version 3 `{ total }`. */
  readonly usage?: unknown;
}

/** What is used of an AI SDK language model (specification v2, v3 or v4); any provider's model fits. */
export interface AiSdkLanguageModel {
  readonly modelId: string;
  readonly provider: string;
  doStream(options: {
    prompt: AiSdkMessage[];
    maxOutputTokens?: number;
    abortSignal?: AbortSignal;
  }): PromiseLike<{
    readonly stream: {
      getReader(): {
        read(): Promise<{ done: boolean; value?: AiSdkPart | undefined }>;
        cancel(reason?: unknown): Promise<void>;
      };
    };
  }>;
}

/** Options of {@link aiSdkGenerator}. */
export interface AiSdkGeneratorOptions {
  /**
   * Further options of the call: `{ temperature: 0.2 }` or `{ providerOptions: { … } }`. The fields that this generator
   * sets win.
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** US dollars, for the `cost` of what it used. Default: unknown. */
  readonly pricePerMillionTokens?: TokenPrice;
}

/**
 * A {@link Generator} over any language model of the Vercel AI SDK. Only text is read: reasoning and tools are passed
 * over. The SDK's own retries are those of its `streamText`, which is not used.
 *
 * @throws {RagError} INVALID_OPTION for an object that is no model, or a price that is no number from 0
 * @see https://ai-sdk.dev/docs/ai-sdk-core
 * @example
 * const generator = aiSdkGenerator(mistral("mistral-small-latest"));
 */
export function aiSdkGenerator(
  model: AiSdkLanguageModel,
  { parameters = {}, pricePerMillionTokens }: AiSdkGeneratorOptions = {},
): Generator {
  if (typeof model?.doStream !== "function")
    throw invalid(
      "aiSdkGenerator: model",
      model,
      "a language model of the AI SDK, an object with `doStream`",
    );
  const priced = pricing("aiSdkGenerator", pricePerMillionTokens);
  return {
    model: model.modelId,
    provider: model.provider,
    async *generate({ messages, signal, maxTokens }) {
      signal?.throwIfAborted();
      const { stream } = await model.doStream({
        ...parameters,
        prompt: messages.map(promptMessage),
        ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
      const reader = stream.getReader();
      // Not every provider ends its stream when it is aborted. A stream that failed says so to `read`, too.
      const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) cancel();
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          const part = next.value;
          if (part?.type === "error") throw part.error;
          if (part?.type === "text-delta" && typeof part.delta === "string" && part.delta !== "")
            yield { type: "text", text: part.delta };
          const finishReason = part?.type === "finish" ? finishWord(part.finishReason) : undefined;
          if (finishReason !== undefined) {
            const usage = usageOf(part?.usage);
            yield { type: "finish", finishReason, usage: usage && priced(usage) };
          }
        }
      } finally {
        signal?.removeEventListener("abort", cancel);
        cancel();
      }
    },
  };
}

function promptMessage({ role, content }: PromptMessage): AiSdkMessage {
  return role === "system" ? { role, content } : { role, content: [{ type: "text", text: content }] };
}

/**
 * Why the model stopped, in the words of the chat completions API. Undefined where the stream was cut or failed:
 * providers then send a finish part that knows no reason.
 */
function finishWord(reason: unknown): string | undefined {
  const { unified = reason, raw } = (typeof reason === "object" && reason !== null ? reason : {}) as {
    unified?: unknown;
    raw?: unknown;
  };
  const isUnknown = unified === "unknown" || (unified === "other" && unified !== reason && raw === undefined);
  if (typeof unified !== "string" || unified === "error" || isUnknown) return undefined;
  return unified.replaceAll("-", "_");
}

function usageOf(usage: unknown): TokenUsage | undefined {
  const { inputTokens, outputTokens } = (usage ?? {}) as Record<string, unknown>;
  const promptTokens = totalOf(inputTokens);
  const completionTokens = totalOf(outputTokens);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  return { promptTokens, completionTokens };
}

function totalOf(tokens: unknown): number | undefined {
  const total =
    typeof tokens === "object" && tokens !== null ? (tokens as { total?: unknown }).total : tokens;
  return typeof total === "number" ? total : undefined;
}
