import { iso, isoOrNull } from "../calendar.ts";
import { type ConversationText, conversationText, messageText } from "../conversation-text.ts";
import type { Population } from "../population.ts";
import { below, idAt, kinds, pick, streamOf } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";
import { type Project, projectReader } from "./projects.ts";

export const models = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "claude-sonnet-4", "mistral-large"] as const;

export interface Conversation {
  index: number;
  id: string;
  project: Project;
  text: ConversationText;
  createdAt: number;
}

/** Conversations in their order, or in any other at some cost: each project is made once while it stays the same. */
export function conversationReader(population: Population): (index: number) => Conversation {
  const { seed, conversations } = population;
  const projectOf = projectReader(population);
  let last: Conversation | undefined;
  return (index) => {
    if (last?.index === index) return last;
    const project = projectOf(conversations.parent[index] as number);
    const createdAt = conversations.createdAt[index] as number;
    last = {
      index,
      id: conversationId(seed, index, createdAt),
      project,
      text: conversationText(seed, index, project.text, project.owner.locale),
      createdAt,
    };
    return last;
  };
}

export const conversationId = (seed: number, index: number, createdAt: number): string =>
  idAt(createdAt, index, streamOf(seed, kinds.conversation, index, 3));

/** Turns of one conversation count up, so that their ids keep the order of one millisecond. */
export const messageId = (seed: number, index: number, ordinal: number, createdAt: number): string =>
  idAt(createdAt, ordinal, streamOf(seed, kinds.message, index, 3));

export function* conversationRows(
  population: Population,
): Generator<SeedRow<typeof seedTables.conversations>> {
  const { conversations, messages } = population;
  const conversationAt = conversationReader(population);
  let message = 0;
  for (let index = 0; index < conversations.count; index++) {
    const { id, project, text, createdAt } = conversationAt(index);
    while (messages.parent[message] === index) message++;
    const lastTurn = messages.parent[message - 1] === index ? messages.createdAt[message - 1] : undefined;
    yield {
      id,
      user_id: project.owner.id,
      project_id: project.id,
      title: text.title,
      language: text.locale,
      created_at: iso(createdAt),
      updated_at: iso(project.deletedAt ?? lastTurn ?? createdAt),
      deleted_at: isoOrNull(project.deletedAt),
    };
  }
}

export function* messageRows(population: Population): Generator<SeedRow<typeof seedTables.messages>> {
  const { seed, messages } = population;
  const conversationAt = conversationReader(population);
  for (let index = 0; index < messages.count; index++) {
    const conversation = conversationAt(messages.parent[index] as number);
    const ordinal = messages.ordinal[index] as number;
    const createdAt = messages.createdAt[index] as number;
    const isAnswer = ordinal % 2 === 1;
    const content = messageText(seed, index, ordinal, conversation.text);
    const s = streamOf(seed, kinds.message, index, 4);
    yield {
      id: messageId(seed, index, ordinal, createdAt),
      user_id: conversation.project.owner.id,
      conversation_id: conversation.id,
      role: isAnswer ? "assistant" : "user",
      content,
      language: conversation.text.locale,
      model: isAnswer ? pick(s, models) : null,
      // The instructions, the conversation so far, and the question.
      prompt_tokens: isAnswer ? 380 + Math.min(ordinal, 20) * 85 + below(s, 400) : null,
      completion_tokens: isAnswer ? Math.ceil(content.length / 3.6) : null,
      created_at: iso(createdAt),
      updated_at: iso(conversation.project.deletedAt ?? createdAt),
      deleted_at: isoOrNull(conversation.project.deletedAt),
    };
  }
}
