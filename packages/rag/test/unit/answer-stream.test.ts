// Loopback HTTP: how far a model's stream is read ahead, and when its request ends.

import { setImmediate as nextTurn } from "node:timers/promises";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { deferred } from "@devora/testing";
import { type ChatServer, startChatServer } from "@devora/testing/chat-server";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { aiSdkGenerator, createRag, type Generator, openaiGenerator } from "../../src/index.ts";
import { passage, retrieverOf } from "../support/fakes.ts";

let server: ChatServer | undefined;
afterEach(() => server?.close());

const generators: [string, (baseURL: string) => Generator][] = [
  [
    "openaiGenerator",
    (baseURL) =>
      openaiGenerator(new OpenAI({ baseURL, apiKey: "test", maxRetries: 0 }), { model: "gpt-4o-mini" }),
  ],
  [
    "aiSdkGenerator",
    (baseURL) => aiSdkGenerator(createOpenAICompatible({ name: "local", baseURL })("small")),
  ],
];
const call = { query: "What colour is it?", userId: "alice" };
const ragOf = (generator: Generator) =>
  createRag({ retrievers: { one: retrieverOf([passage({ id: "a", text: "It is blue." })]) }, generator });

describe.each(generators)("%s", (_name, generatorAt) => {
  test("a reader that stops makes the server wait, and leaving ends the request", async () => {
    // 40 MB: several times what sockets buffer on both sides.
    const chunks = Array.from({ length: 640 }, () => "word ".repeat(13_000));
    let sent = 0;
    server = await startChatServer([
      {
        chunks,
        beforeChunk: async (index) => {
          sent = index;
        },
      },
    ]);
    for await (const part of ragOf(generatorAt(server.baseUrl)).answer(call)) {
      if (part.type !== "text") continue;
      // Until nothing was sent for many turns of the event loop. A stream that is read ahead is sent to its end here.
      for (let before = -1, turns = 0; turns < 300; turns = sent === before ? turns + 1 : 0) {
        before = sent;
        await nextTurn();
      }
      break;
    }
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(chunks.length / 2);
    expect(await server.requests[0]?.closed).toBe("broken");
  });

  test("an abort while the model is silent ends the request and the loop", async () => {
    const silent = deferred();
    const never = deferred();
    server = await startChatServer([
      {
        chunks: ["one ", "two "],
        beforeChunk: async (index) => {
          if (index === 0) return;
          silent.resolve();
          await never.promise;
        },
      },
    ]);
    const controller = new AbortController();
    const reason = new Error("the user left");
    const answered = (async () => {
      for await (const _ of ragOf(generatorAt(server?.baseUrl ?? "")).answer({
        ...call,
        signal: controller.signal,
      }));
    })();
    await silent.promise;
    controller.abort(reason);
    await expect(answered).rejects.toBe(reason);
    expect(await server.requests[0]?.closed).toBe("broken");
    never.resolve();
  });
});
