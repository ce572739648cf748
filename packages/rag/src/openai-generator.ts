import type { Generator, PromptMessage, TokenUsage } from "./ports.ts";
import { pricing, type TokenPrice } from "./usage.ts";

/** A chunk of a streamed chat completion, as far as it is read. */
interface ChatChunk {
  readonly choices: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

/** The request that is sent; `parameters` of the options come with it. */
interface ChatRequest {
  model: string;
  messages: { role: PromptMessage["role"]; content: string }[];
  stream: true;
  stream_options: { include_usage: true };
  max_completion_tokens?: number;
}

/** The part of a client of the `openai` package that is used. */
export interface OpenAIChatClient {
  readonly chat: {
    readonly completions: {
      create(request: ChatRequest, options?: { signal?: AbortSignal }): PromiseLike<AsyncIterable<ChatChunk>>;
    };
  };
}

/** Options of {@link openaiGenerator}. */
export interface OpenAIGeneratorOptions {
  readonly model: string;
  /**
   * Further fields of the request: `{ temperature: 0.2 }`, or `{ max_tokens: 500 }` for servers that do not know
   * `max_completion_tokens`. The fields that this generator sets win.
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** US dollars, for the `cost` of what it used. Default: unknown. */
  readonly pricePerMillionTokens?: TokenPrice;
}

/**
 * A {@link Generator} over the chat completions API of OpenAI, or of any server that speaks it (`baseURL` of the
 * client). Retries before the first chunk are the client's (`maxRetries`); a broken stream is never resumed.
 *
 * @throws {RagError} INVALID_OPTION for a price that is no number from 0
 * @example
 * const generator = openaiGenerator(new OpenAI(), { model: "gpt-4o-mini" });
 */
export function openaiGenerator(
  client: OpenAIChatClient,
  { model, parameters = {}, pricePerMillionTokens }: OpenAIGeneratorOptions,
): Generator {
  const priced = pricing("openaiGenerator", pricePerMillionTokens);
  return {
    model,
    provider: "openai",
    async *generate({ messages, signal, maxTokens }) {
      const stream = await client.chat.completions.create(
        {
          ...parameters,
          model,
          messages: messages.map(({ role, content }) => ({ role, content })),
          stream: true,
          stream_options: { include_usage: true },
          ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
        },
        signal === undefined ? {} : { signal },
      );
      let finishReason: string | undefined;
      let usage: TokenUsage | undefined;
      for await (const chunk of stream) {
        const choice = chunk.choices[0];
        if (choice?.delta?.content) yield { type: "text", text: choice.delta.content };
        finishReason = choice?.finish_reason ?? finishReason;
        if (chunk.usage)
          usage = priced({
            promptTokens: chunk.usage.prompt_tokens,
            completionTokens: chunk.usage.completion_tokens,
          });
      }
      // Without a reason the stream was cut: no finish part, by which the caller sees it.
      if (finishReason !== undefined) yield { type: "finish", finishReason, usage };
    },
  };
}
