import { AsyncResource } from "node:async_hooks";
import { codeOf, statusOf } from "./errors.ts";
import type {
  Generator,
  GeneratorCall,
  GeneratorPart,
  Reranker,
  Retriever,
  TraceAttributes,
  Tracer,
  TraceSpan,
} from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { type RetrieveContextCall, type RetrievedContexts, retrieveContext } from "./retrieve-context.ts";

/** Kinds and codes of OpenTelemetry, whose enumerations are not imported. */
const clientKind = 2;
const errorCode = 2;

interface Tracing {
  readonly tracer: Tracer;
  /** Whether attributes may hold what users ask and models answer. */
  readonly content: boolean;
}

/** The options with spans around each retriever, the reranker and the models; the same where there is no tracer. */
export function withTracing(options: ResolvedOptions): ResolvedOptions {
  const { tracer, traceContent, reranker, generator, helper } = options;
  if (tracer === undefined) return options;
  const tracing = { tracer, content: traceContent };
  return {
    ...options,
    legs: options.legs.map((leg) => ({
      ...leg,
      retriever: tracedRetriever(leg.name, leg.retriever, tracing),
    })),
    reranker: reranker && { ...reranker, reranker: tracedReranker(reranker.reranker, tracing) },
    generator: generator && tracedGenerator(generator, tracing),
    helper: helper && tracedGenerator(helper, tracing),
  };
}

/** {@link retrieveContext} in the span `retrieve_context`, where there is a tracer. */
export function tracedRetrieveContext(
  options: ResolvedOptions,
  call: RetrieveContextCall,
): Promise<RetrievedContexts> {
  const { tracer, traceContent } = options;
  if (tracer === undefined) return retrieveContext(options, call);
  const attributes = contentOf(traceContent, { "gen_ai.retrieval.query.text": call.query });
  return inSpan(tracer, "retrieve_context", { attributes }, call.signal, async (set) => {
    const result = await retrieveContext(options, call);
    const statuses = Object.entries(result.retrievers).map(
      ([name, { status }]) => [`devora.rag.retriever.${name}.status`, status] as const,
    );
    set({
      "devora.rag.contexts": result.contexts.length,
      "devora.rag.dropped": result.dropped.length,
      "devora.rag.complete": result.complete,
      ...Object.fromEntries(statuses),
    });
    return result;
  });
}

function tracedRetriever(name: string, retriever: Retriever, { tracer, content }: Tracing): Retriever {
  const settings = (query: string, limit: number) => ({
    kind: clientKind,
    attributes: {
      "gen_ai.operation.name": "retrieval",
      "gen_ai.data_source.id": name,
      "gen_ai.retrieval.top_k": limit,
      ...contentOf(content, { "gen_ai.retrieval.query.text": query }),
    },
  });
  const candidates = retriever.candidates?.bind(retriever);
  return {
    retrieve: (call) =>
      inSpan(tracer, `retrieval ${name}`, settings(call.query, call.limit), call.signal, async (set) => {
        const result = await retriever.retrieve(call);
        if (Array.isArray(result?.passages)) set({ "devora.rag.passages": result.passages.length });
        return result;
      }),
    ...(candidates && {
      candidates: (call) =>
        inSpan(tracer, `retrieval ${name}`, settings(call.query, call.limit), call.signal, () =>
          candidates(call),
        ),
    }),
  };
}

function tracedReranker(reranker: Reranker, { tracer }: Tracing): Reranker {
  return {
    rerank: (call) =>
      inSpan(
        tracer,
        "rerank",
        { attributes: { "devora.rag.passages": call.passages.length } },
        call.signal,
        () => reranker.rerank(call),
      ),
  };
}

function tracedGenerator(generator: Generator, tracing: Tracing): Generator {
  const { model, provider } = generator;
  return { model, provider, generate: (call) => tracedAnswer(generator, call, tracing) };
}

async function* tracedAnswer(
  generator: Generator,
  call: GeneratorCall,
  { tracer, content }: Tracing,
): AsyncGenerator<GeneratorPart, void> {
  const { model, provider } = generator;
  const attributes = {
    "gen_ai.operation.name": "chat",
    ...(model !== undefined && { "gen_ai.request.model": model }),
    ...(provider !== undefined && { "gen_ai.provider.name": provider }),
    ...(call.maxTokens !== undefined && { "gen_ai.request.max_tokens": call.maxTokens }),
    ...contentOf(content, { "gen_ai.input.messages": messagesJson(call.messages) }),
  };
  const name = model === undefined ? "chat" : `chat ${model}`;
  // Each part is asked for within the span, whatever is active where the reader stands.
  const { span, scope } = tracer.startActiveSpan(name, { kind: clientKind, attributes }, (started) => ({
    span: started,
    scope: new AsyncResource("DevoraRagChat"),
  }));
  let parts: AsyncIterator<GeneratorPart> | undefined;
  let state: "open" | "finished" | "ended" | "failed" = "open";
  let text = "";
  try {
    const asked = scope.runInAsyncScope(() => generator.generate(call)[Symbol.asyncIterator]());
    parts = asked;
    for (;;) {
      const next = await scope.runInAsyncScope(() => asked.next());
      if (next.done) {
        if (state === "open") state = "ended";
        break;
      }
      const part = next.value;
      if (part.type === "finish") {
        state = "finished";
        span.setAttributes(finishAttributes(part));
      } else if (content) text += part.text;
      yield part;
    }
    if (state === "ended" && !call.signal?.aborted) fail(span, "incomplete");
  } catch (error) {
    state = "failed";
    if (!call.signal?.aborted) fail(span, String(statusOf(error) ?? codeOf(error)));
    throw error;
  } finally {
    if (state === "open" || (state !== "finished" && call.signal?.aborted))
      span.setAttributes({ "devora.rag.cancelled": true });
    if (text !== "")
      span.setAttributes({ "gen_ai.output.messages": messagesJson([{ role: "assistant", content: text }]) });
    span.end();
    if (state === "open" || state === "finished") await scope.runInAsyncScope(() => parts?.return?.());
  }
}

function finishAttributes({ finishReason, usage }: Extract<GeneratorPart, { type: "finish" }>) {
  return {
    "gen_ai.response.finish_reasons": [finishReason],
    ...(usage && {
      "gen_ai.usage.input_tokens": usage.promptTokens,
      "gen_ai.usage.output_tokens": usage.completionTokens,
      ...(usage.cost !== undefined && { "devora.rag.cost_usd": usage.cost }),
    }),
  };
}

/**
 * Runs `work` in a span that ends once: with it, or as soon as `signal` aborts, because what was asked may go on for
 * ever. The error's message stays out: it may hold a user's words.
 */
function inSpan<T>(
  tracer: Tracer,
  name: string,
  settings: { readonly kind?: number; readonly attributes: TraceAttributes },
  signal: AbortSignal | undefined,
  work: (set: (attributes: TraceAttributes) => void) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, settings, async (span) => {
    let hasEnded = false;
    const end = (finish: () => void = () => {}) => {
      if (hasEnded) return;
      hasEnded = true;
      finish();
      span.end();
    };
    const stop = () =>
      end(() => {
        // A deadline is the retriever's failure; a caller that gives up is nobody's.
        if (codeOf(signal?.reason) === "TIMEOUT") fail(span, "timeout");
        else span.setAttributes({ "devora.rag.cancelled": true });
      });
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const result = await work((attributes) => void (hasEnded || span.setAttributes(attributes)));
      end();
      return result;
    } catch (error) {
      end(() => fail(span, String(statusOf(error) ?? codeOf(error))));
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  });
}

function fail(span: TraceSpan, type: string): void {
  span.setAttributes({ "error.type": type });
  span.setStatus({ code: errorCode });
}

const contentOf = (isAllowed: boolean, attributes: TraceAttributes): TraceAttributes =>
  isAllowed ? attributes : {};

/** Messages as the conventions write them. */
const messagesJson = (messages: readonly { readonly role: string; readonly content: string }[]): string =>
  JSON.stringify(messages.map(({ role, content }) => ({ role, parts: [{ type: "text", content }] })));
