// The real OpenTelemetry, in memory.

import type { Database } from "@devora/db-schema";
import { deferred } from "@devora/testing";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createRag, type Generator, type RagOptions, type Retriever, type Tracer } from "../../src/index.ts";
import { resolveOptions } from "../../src/resolve-options.ts";
import { withTracing } from "../../src/tracing.ts";
import { collect, generatorOf, manualTimers, passage, retrieverOf } from "../support/fakes.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const sdkTracer = provider.getTracer("test");
let begun = 0;
let ended = 0;
/** The SDK's tracer, with a count of what begins and ends. */
const tracer: Tracer = {
  startActiveSpan: (name, options, run) =>
    sdkTracer.startActiveSpan(name, options, (span) => {
      begun++;
      const end = span.end.bind(span);
      span.end = () => {
        ended++;
        end();
      };
      return run(span);
    }),
};

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterEach(() => {
  expect(ended).toBe(begun);
  begun = ended = 0;
  exporter.reset();
});
afterAll(() => context.disable());

const secret = "the colour of Alice's door";
const call = { query: secret, userId: "alice" };
const found = [passage({ id: "a", text: "It is blue." })];
const usage = { promptTokens: 100, completionTokens: 9, cost: 0.5 };
const answering = (): Generator => ({
  ...generatorOf(["Blue ", "[1]."], { type: "finish", finishReason: "stop", usage }),
  model: "small",
  provider: "local",
});
const ragOf = (options: Partial<RagOptions> = {}) =>
  createRag({ retrievers: { one: retrieverOf(found) }, generator: answering(), tracer, ...options });

const spans = () => exporter.getFinishedSpans();
const spanOf = (name: string): ReadableSpan => {
  const named = spans().filter((span) => span.name === name);
  expect(named).toHaveLength(1);
  return named[0] as ReadableSpan;
};
const parentOf = (name: string) => {
  const id = spanOf(name).parentSpanContext?.spanId;
  return spans().find((span) => span.spanContext().spanId === id)?.name;
};
/** What a request of the host does around the package. */
const within = (work: () => Promise<unknown>) =>
  tracer.startActiveSpan("request", {}, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

test("an answer: retrieval with its retrievers, then the model, under the caller's span", async () => {
  let inside: string | undefined;
  const retrieve = async () => {
    inside = (trace.getActiveSpan() as unknown as ReadableSpan | undefined)?.name;
    return { passages: found, complete: true };
  };
  const rag = ragOf({ retrievers: { one: { retrieve }, two: retrieverOf([]) } });
  await within(() => collect(rag.answer({ ...call, maxAnswerTokens: 50 })));

  expect(
    spans()
      .map((span) => span.name)
      .sort(),
  ).toEqual(["chat small", "request", "retrieval one", "retrieval two", "retrieve_context"]);
  expect(inside).toBe("retrieval one");
  expect(parentOf("retrieve_context")).toBe("request");
  expect(parentOf("retrieval one")).toBe("retrieve_context");
  expect(parentOf("retrieval two")).toBe("retrieve_context");
  expect(parentOf("chat small")).toBe("request");
  expect(spanOf("retrieve_context").attributes).toEqual({
    "devora.rag.contexts": 1,
    "devora.rag.dropped": 0,
    "devora.rag.complete": true,
    "devora.rag.retriever.one.status": "ok",
    "devora.rag.retriever.two.status": "ok",
  });
  expect(spanOf("retrieval one").attributes).toEqual({
    "gen_ai.operation.name": "retrieval",
    "gen_ai.data_source.id": "one",
    "gen_ai.retrieval.top_k": 30,
    "devora.rag.passages": 1,
  });
  expect(spanOf("chat small").attributes).toEqual({
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "small",
    "gen_ai.provider.name": "local",
    "gen_ai.request.max_tokens": 50,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 9,
    "devora.rag.cost_usd": 0.5,
  });
  expect(spans().every((span) => span.status.code === SpanStatusCode.UNSET)).toBe(true);
});

test("what a generator does on its way belongs to its span, wherever its reader stands", async () => {
  const active: (string | undefined)[] = [];
  const note = () => active.push((trace.getActiveSpan() as unknown as ReadableSpan | undefined)?.name);
  const generator: Generator = {
    async *generate() {
      note();
      yield { type: "text", text: "one " };
      note();
      yield { type: "finish", finishReason: "stop" };
      note();
    },
  };
  for await (const _ of ragOf({ generator }).answer(call)) await within(async () => {});
  expect(active).toEqual(["chat", "chat", "chat"]);
});

test("no text of users, sources or models is told, unless asked for", async () => {
  const told = async (traceContent: boolean) => {
    const rag = ragOf({ traceContent, system: "You are a door." });
    await collect(rag.answer(call));
    await rag.retrieveContext(call);
    return JSON.stringify(
      spans().map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    );
  };
  const silent = await told(false);
  for (const text of [secret, "Blue", "It is blue", "You are a door"]) expect(silent).not.toContain(text);
  exporter.reset();

  await told(true);
  const [context] = spans().filter((span) => span.name === "retrieve_context");
  expect(context?.attributes["gen_ai.retrieval.query.text"]).toBe(secret);
  const { attributes } = spanOf("chat small");
  expect(JSON.parse(String(attributes["gen_ai.input.messages"]))).toMatchObject([
    { role: "system", parts: [{ type: "text", content: expect.stringContaining("You are a door.") }] },
    { role: "user", parts: [{ content: expect.stringContaining(secret) }] },
  ]);
  expect(JSON.parse(String(attributes["gen_ai.output.messages"]))).toEqual([
    { role: "assistant", parts: [{ type: "text", content: "Blue [1]." }] },
  ]);
});

/** A retriever that is asked and never answers. */
const silentRetriever = (onAsked: () => void): Retriever => ({
  retrieve() {
    onAsked();
    return new Promise(() => {});
  },
});

describe("failure", () => {
  const failed = (type: string) => ({
    status: { code: SpanStatusCode.ERROR },
    attributes: { "error.type": type },
    events: [],
  });

  test("a retriever that fails, beside one that answers", async () => {
    const broken = retrieverOf(async () => {
      throw Object.assign(new Error(secret), { code: "ECONNRESET" });
    });
    await ragOf({ retrievers: { broken, one: retrieverOf(found) } }).retrieveContext(call);
    expect(spanOf("retrieval broken")).toMatchObject(failed("ECONNRESET"));
    expect(spanOf("retrieval one").status.code).toBe(SpanStatusCode.UNSET);
    expect(spanOf("retrieve_context").attributes).toMatchObject({
      "devora.rag.complete": false,
      "devora.rag.retriever.broken.status": "failed",
    });
  });

  test("a retriever that never answers ends with its deadline", async () => {
    const timers = manualTimers();
    const asked = deferred();
    const silent = silentRetriever(asked.resolve);
    const rag = ragOf({
      retrievers: { silent, one: { retriever: retrieverOf(found), deadlineMs: 9000 } },
      ...timers,
    });
    const retrieved = rag.retrieveContext(call);
    await asked.promise;
    timers.advance(3000);
    await retrieved;
    expect(spanOf("retrieval silent")).toMatchObject(failed("timeout"));
  });

  test("a retriever that answers after its deadline ends no second time", async () => {
    const timers = manualTimers();
    const asked = deferred();
    const late = deferred();
    const slow = retrieverOf(async () => {
      asked.resolve();
      await late.promise;
      return found;
    });
    const rag = ragOf({ retrievers: { slow }, ...timers });
    const retrieved = rag.retrieveContext(call);
    await asked.promise;
    timers.advance(3000);
    await expect(retrieved).rejects.toMatchObject({ code: "RETRIEVAL_FAILED" });
    late.resolve();
    // Its answer has passed the wrapper by then.
    await new Promise(setImmediate);
    expect(spanOf("retrieval slow")).toMatchObject(failed("timeout"));
  });

  test("no retriever answers", async () => {
    const broken = retrieverOf(async () => {
      throw new Error(secret);
    });
    await expect(ragOf({ retrievers: { broken } }).retrieveContext(call)).rejects.toThrow();
    expect(spanOf("retrieve_context")).toMatchObject(failed("RETRIEVAL_FAILED"));
  });

  test.each([
    ["an HTTP status", Object.assign(new Error(secret), { status: 429 }), "429"],
    ["a code", Object.assign(new Error(secret), { code: "ECONNRESET" }), "ECONNRESET"],
  ])("the model fails with %s", async (_name, error, type) => {
    const generator: Generator = {
      async *generate() {
        yield { type: "text", text: "one " };
        throw error;
      },
    };
    await expect(collect(ragOf({ generator }).answer(call))).rejects.toThrow();
    expect(spanOf("chat")).toMatchObject(failed(type));
  });

  test("the model fails before it begins", async () => {
    const generator: Generator = {
      generate() {
        throw new TypeError(secret);
      },
    };
    await expect(collect(ragOf({ generator }).answer(call))).rejects.toThrow();
    expect(spanOf("chat")).toMatchObject(failed("TypeError"));
  });

  test("a stream that is cut", async () => {
    await expect(collect(ragOf({ generator: generatorOf(["one "], null) }).answer(call))).rejects.toThrow();
    expect(spanOf("chat")).toMatchObject(failed("incomplete"));
  });
});

describe("giving up is no error", () => {
  const canceled = {
    status: { code: SpanStatusCode.UNSET },
    attributes: { "devora.rag.cancelled": true },
  };

  test("leaving the loop ends the span and the model's work", async () => {
    const generator = generatorOf(["one ", "two ", "three "]);
    for await (const part of ragOf({ generator }).answer(call)) if (part.type === "text") break;
    expect(generator.closed()).toBe(true);
    expect(spanOf("chat")).toMatchObject(canceled);
  });

  test("an abort while the model writes", async () => {
    const controller = new AbortController();
    const generator: Generator = {
      async *generate({ signal }) {
        yield { type: "text", text: "one " };
        signal?.throwIfAborted();
      },
    };
    const answered = (async () => {
      for await (const part of ragOf({ generator }).answer({ ...call, signal: controller.signal }))
        if (part.type === "text") controller.abort();
    })();
    await expect(answered).rejects.toMatchObject({ name: "AbortError" });
    expect(spanOf("chat")).toMatchObject(canceled);
  });

  test("an abort while a retriever is silent", async () => {
    const controller = new AbortController();
    const asked = deferred();
    const silent = silentRetriever(asked.resolve);
    const rag = ragOf({ retrievers: { silent } });
    const retrieved = rag.retrieveContext({ ...call, signal: controller.signal });
    await asked.promise;
    controller.abort();
    await expect(retrieved).rejects.toMatchObject({ name: "AbortError" });
    expect(spanOf("retrieval silent")).toMatchObject(canceled);
    expect(spanOf("retrieve_context")).toMatchObject(canceled);
  });

  test("once all was said, leaving is nothing special", async () => {
    for await (const part of ragOf().answer(call)) if (part.type === "done") break;
    expect(spanOf("chat small").attributes).not.toHaveProperty("devora.rag.cancelled");
  });
});

test("a retriever that offers SQL goes on offering it, in a span of its own", async () => {
  const retriever: Retriever & { readonly own: string } = {
    ...retrieverOf(found),
    own: "mine",
    async candidates() {
      return { sql: sql.raw(this.own), complete: true };
    },
  };
  const { legs } = withTracing(
    resolveOptions({ retrievers: { one: retriever, two: retrieverOf([]) }, tracer }),
  );
  const asked = {
    query: secret,
    ownerId: "alice",
    limit: 7,
    signal: AbortSignal.any([]),
    db: {} as Database,
  };
  const answered = await legs[0]?.retriever.candidates?.(asked);
  expect(answered?.complete).toBe(true);
  expect(spanOf("retrieval one").attributes).toMatchObject({ "gen_ai.retrieval.top_k": 7 });
  expect(legs[1]?.retriever).not.toHaveProperty("candidates");
});
