import { toDatabaseError } from "@devora/db-schema";
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { type ChatCall, chat } from "../../chat.ts";
import type { Services } from "../../services.ts";
import { id, input, text } from "../input.ts";
import { toProblem } from "../problem.ts";
import { openEventStream } from "../sse.ts";
import { currentUser } from "../user.ts";

const chatBody = z.strictObject({
  message: text(4000),
  conversationId: id.optional(),
  maxContextTokens: z.number().int().min(200).max(20_000).default(2000),
});

/**
 * `POST /api/chat`: an answer from the user's own data, with its sources. Streams server-sent events to those who ask
 * for them (`sources`, `text`, `citation`, `notice`, `done`, `failure`), and answers JSON to others.
 */
export function chatRoutes(services: Services, log: (error: unknown) => void): Router {
  const router = Router();
  router.post("/chat", async (request, response) => {
    const { message, conversationId, maxContextTokens } = input(request, "body", chatBody);
    const call = {
      userId: currentUser(request).id,
      message,
      conversationId,
      maxContextTokens,
      signal: closedSignal(response),
    };
    if (wantsStream(request)) await stream(services, call, response, log);
    else response.json(await collect(services, call));
  });
  return router;
}

const wantsStream = (request: Request): boolean =>
  request.accepts(["json", "text/event-stream"]) === "text/event-stream";

async function collect(services: Services, call: ChatCall) {
  let answer = "";
  const rest: Record<string, unknown> = {};
  for await (const part of chat(services, call)) {
    if (part.event === "text") answer += part.data.text;
    else if (part.event === "sources" || part.event === "done") Object.assign(rest, part.data);
    else if (part.event === "notice") rest.notice = part.data.text;
  }
  return { answer: answer === "" ? null : answer, ...rest };
}

async function stream(
  services: Services,
  call: ChatCall,
  response: Response,
  log: (error: unknown) => void,
): Promise<void> {
  const parts = chat(services, call);
  // Errors before the first part, such as an unknown conversation, are still answered by their HTTP status.
  const first = await parts.next();
  const events = openEventStream(response);
  try {
    for (let next = first; !next.done; next = await parts.next())
      await events.send(next.value.event, next.value.data);
  } catch (thrown) {
    const error = toDatabaseError("POST /api/chat", thrown);
    if (!call.signal.aborted) log(error);
    await events.send("failure", { detail: toProblem(error).message });
  }
  events.end();
}

/** Aborted when the client goes away before the answer is complete. */
function closedSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
