import { messages, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { type ChatReply, type ChatServer, startChatServer } from "@devora/testing/chat-server";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noModel, useTestHost } from "./test-host.ts";

const database = useTestDatabase();
let reply: ChatReply = {};
let server: ChatServer;
beforeAll(async () => {
  server = await startChatServer(() => reply);
});
afterAll(() => server.close());
const host = useTestHost(database, () => ({ ...noModel, baseUrl: server.baseUrl }));

let ada = "";
beforeAll(async () => {
  ada = await seedUser(database.db);
  const project = await seedProject(database.db, ada, {
    name: "Lighthouse",
    description: "The lamp of the lighthouse burns whale oil.",
  });
  await host.services.embeddings.embedProject(project);
});

const ask = (body: unknown, accept: string) =>
  host.call("POST", "/api/chat", { user: ada, body, headers: { accept } });
const turnsOf = (conversationId: string) =>
  withUser(database.db, ada, (tx) =>
    tx
      .select({ role: messages.role, content: messages.content })
      .from(messages)
      .where(eq(messages.conversationId, conversationId))
      .orderBy(asc(messages.createdAt), asc(messages.id)),
  );

test("an answer comes with its sources, is kept, and is part of the next question's prompt", async () => {
  reply = { chunks: ["It burns ", "whale oil [1", "]."] };
  const first = (await (
    await ask({ message: "What does the lighthouse lamp burn?" }, "application/json")
  ).json()) as { answer: string; conversationId: string; contexts: { title: string }[] };
  expect(first.answer).toBe("It burns whale oil [1].");
  expect(first.contexts[0]?.title).toContain("Lighthouse");
  expect(await turnsOf(first.conversationId)).toEqual([
    { role: "user", content: "What does the lighthouse lamp burn?" },
    { role: "assistant", content: "It burns whale oil [1]." },
  ]);

  await ask(
    { message: "Is the lighthouse lamp bright?", conversationId: first.conversationId },
    "application/json",
  );
  const prompt = JSON.stringify(server.requests.at(-1)?.body.messages);
  expect(prompt).toContain("It burns whale oil");
  expect(prompt).toContain("Is the lighthouse lamp bright?");
  expect(await turnsOf(first.conversationId)).toHaveLength(4);
});

test("the stream sends sources first, then text and citations as they come", async () => {
  reply = { chunks: ["Whale oil [1]."] };
  const stream = await (
    await ask({ message: "What oil does the lighthouse burn?" }, "text/event-stream")
  ).text();
  const events = [...stream.matchAll(/^event: (.*)$/gm)].map((match) => match[1]);
  expect(events[0]).toBe("sources");
  expect(events).toContain("citation");
  expect(events.at(-1)).toBe("done");
});

test("a model that fails is a bad gateway, and one that breaks off ends the stream with a failure", async () => {
  reply = { status: 400 };
  expect((await ask({ message: "What does the lighthouse burn?" }, "application/json")).status).toBe(502);
  reply = { chunks: ["It burns"], cut: "reset" };
  const stream = await (await ask({ message: "What does the lighthouse burn?" }, "text/event-stream")).text();
  expect(stream).toMatch(/^event: failure$/m);
  host.logged.length = 0; // The model's failure is logged, as it should be.
});
