export { checkReranker, type RerankerCheck } from "./check-reranker.ts";
export { checkTokenCounter } from "./check-token-counter.ts";

import type { Generator, GeneratorPart, HistoryStore, Passage, Retriever } from "./ports.ts";
import { isUsage } from "./usage.ts";

/** What a retriever is checked with: a query that finds two passages or more. */
export interface RetrieverCheck {
  readonly query: string;
  readonly ownerId: string;
  /** Another owner, none of whose passages `ownerId` may see. Default: not checked. */
  readonly otherOwnerId?: string;
}

/**
 * What a {@link Retriever} does against its contract; an empty list when nothing was found. Needs no test runner.
 *
 * Checked: at least two passages, ids once each, finite scores in descending order, offsets that fit the text, dates
 * that can be read, `complete`, the limit and that it keeps the best, the same answer when asked again, no passage
 * shared with another owner, an aborted signal.
 *
 * @example
 * expect(await checkRetriever(search, { query: "invoice", ownerId: alice, otherOwnerId: bob })).toEqual([]);
 */
export async function checkRetriever(
  retriever: Retriever,
  { query, ownerId, otherOwnerId }: RetrieverCheck,
): Promise<string[]> {
  const ask = (owner: string, limit: number, signal = new AbortController().signal) =>
    retriever.retrieve({ query, ownerId: owner, limit, signal });
  const find = async (owner: string, limit: number) => (await ask(owner, limit)).passages;
  const findings: string[] = [];
  const { passages, complete } = await ask(ownerId, 20);
  const ids = passages.map((passage) => passage.id);

  if (passages.length < 2)
    findings.push(`the query must find two passages or more; it found ${passages.length}`);
  if (passages.length > 20) findings.push(`20 passages were asked for, ${passages.length} answered`);
  if (new Set(ids).size < ids.length) findings.push("an id occurs twice");
  findings.push(...passages.flatMap(passageFindings));
  if (passages.some((passage, index) => index > 0 && passage.score > (passages[index - 1]?.score ?? 0)))
    findings.push("scores do not descend");
  if (typeof complete !== "boolean") findings.push("complete is not true or false");

  const first = await find(ownerId, 1);
  if (first.length !== 1) findings.push(`one passage was asked for, ${first.length} answered`);
  else if (complete && !passages.some(({ id, score }) => id === first[0]?.id && score === passages[0]?.score))
    findings.push("with limit 1 it does not answer the best passage");
  const again = await find(ownerId, 20);
  if (again.map((passage) => passage.id).join("\n") !== ids.join("\n"))
    findings.push("asked again, it answers otherwise");
  if (otherOwnerId !== undefined) {
    const others = await find(otherOwnerId, 20);
    if (others.some((passage) => ids.includes(passage.id))) findings.push("two owners see the same passage");
  }
  if (!(await rejects(() => ask(ownerId, 20, AbortSignal.abort()))))
    findings.push("an aborted signal is ignored");
  return findings;
}

function passageFindings(passage: Passage): string[] {
  const { id, source, entityId, title, text, start, end, score, updatedAt } = passage;
  const findings: string[] = [];
  if (id === "" || source === "" || entityId === "") findings.push("id, source or entityId is empty");
  if (typeof title !== "string") findings.push("a title is not a text");
  if (updatedAt !== undefined && updatedAt !== null && Number.isNaN(new Date(updatedAt).getTime()))
    findings.push("updatedAt is no date");
  if (!Number.isFinite(score)) findings.push("a score is not finite");
  if (!Number.isInteger(start) || start < 0 || end - start !== text.length)
    findings.push("start and end are not the offsets of the text in UTF-16 code units");
  return findings;
}

/** What a history store is checked with: a conversation of `ownerId` with two turns or more. */
export interface HistoryStoreCheck {
  readonly conversationId: string;
  readonly ownerId: string;
  /** Another owner, who must not see the conversation. */
  readonly otherOwnerId: string;
  /** An id of the right form that belongs to no conversation. */
  readonly unknownConversationId: string;
}

/**
 * What a {@link HistoryStore} does against its contract; an empty list when nothing was found.
 * Checked: roles and contents, the newest turns within the limit, unknown and foreign conversations, an aborted signal.
 */
export async function checkHistoryStore(
  store: HistoryStore,
  { conversationId, ownerId, otherOwnerId, unknownConversationId }: HistoryStoreCheck,
): Promise<string[]> {
  const findings: string[] = [];
  const turns = await store.recent({ conversationId, ownerId, limit: 100 });
  if (turns === undefined || turns.length < 2)
    return ["the conversation must have two turns or more, and its owner must see it"];

  if (turns.some(({ role }) => !["user", "assistant", "system"].includes(role)))
    findings.push("a role is neither user, assistant nor system");
  if (turns.some(({ content }) => typeof content !== "string")) findings.push("a content is not a text");
  const newest = await store.recent({ conversationId, ownerId, limit: 1 });
  if (newest?.length !== 1) findings.push(`one turn was asked for, ${newest?.length ?? "none"} answered`);
  else if (newest[0]?.content !== turns.at(-1)?.content)
    findings.push("with limit 1 it does not answer the newest turn");
  if ((await store.recent({ conversationId, ownerId: otherOwnerId, limit: 10 })) !== undefined)
    findings.push("another owner's conversation is not answered with undefined");
  if ((await store.recent({ conversationId: unknownConversationId, ownerId, limit: 10 })) !== undefined)
    findings.push("an unknown conversation is not answered with undefined");
  const aborted = AbortSignal.abort();
  if (!(await rejects(() => store.recent({ conversationId, ownerId, limit: 10, signal: aborted }))))
    findings.push("an aborted signal is ignored");
  return findings;
}

/**
 * What a {@link Generator} does against its contract; an empty list when nothing was found. Asks the model twice.
 * Checked: text, one finish part at the end, usage, where it is told, an aborted signal.
 */
export async function checkGenerator(generator: Generator): Promise<string[]> {
  const findings: string[] = [];
  const messages = [{ role: "user", content: "Say yes." }] as const;
  const parts: GeneratorPart[] = [];
  for await (const part of generator.generate({ messages })) parts.push(part);
  if (!parts.some((part) => part.type === "text" && part.text !== "")) findings.push("no text was answered");
  if (parts.filter((part) => part.type === "finish").length !== 1 || parts.at(-1)?.type !== "finish")
    findings.push("the stream does not end with exactly one finish part");
  for (const part of parts)
    if (part.type === "finish" && part.usage !== undefined && !isUsage(part.usage))
      findings.push("usage holds what is no number of tokens");

  const afterAbort: GeneratorPart[] = [];
  await rejects(async () => {
    for await (const part of generator.generate({ messages, signal: AbortSignal.abort() }))
      afterAbort.push(part);
  });
  if (afterAbort.length > 0) findings.push("an aborted signal is ignored");
  return findings;
}

async function rejects(fn: () => Promise<unknown>): Promise<boolean> {
  try {
    await fn();
    return false;
  } catch {
    return true;
  }
}
