import { z } from "zod";
import { drop, keep } from "./define-catalogue.ts";
import { count, durationMs, id, label, text } from "./property-schemas.ts";

const generation = {
  project_id: keep(id.nullish()),
  conversation_id: keep(id.nullish()),
  model: keep(label),
  project_type: keep(label.nullish()),
  user_plan: keep(label.nullish()),
};
const usage = {
  tokens_used: keep(count),
  prompt_tokens: keep(count.nullish()),
  completion_tokens: keep(count.nullish()),
};

/** Talking to the assistant: conversations, generated code, search, answers from the user's own documents. */
export const assistantEvents = {
  conversation_started: {
    description: "A user opened a conversation.",
    countsAsActivity: true,
    properties: { conversation_id: keep(id), project_id: keep(id.nullish()), model: keep(label.nullish()) },
  },
  conversation_renamed: {
    description: "A conversation got another title.",
    countsAsActivity: true,
    properties: { conversation_id: keep(id) },
  },
  conversation_deleted: {
    description: "A user deleted a conversation.",
    countsAsActivity: true,
    properties: { conversation_id: keep(id), message_count: keep(count.nullish()) },
  },
  message_sent: {
    description: "A user wrote a message.",
    countsAsActivity: true,
    properties: {
      conversation_id: keep(id),
      message_id: keep(id.nullish()),
      project_id: keep(id.nullish()),
      character_count: keep(count.nullish()),
    },
  },
  message_received: {
    description: "The assistant answered in a conversation.",
    properties: {
      conversation_id: keep(id),
      message_id: keep(id.nullish()),
      model: keep(label.nullish()),
      prompt_tokens: keep(count.nullish()),
      completion_tokens: keep(count.nullish()),
      duration_ms: keep(durationMs.nullish()),
    },
  },
  answer_rated: {
    description: "A user rated an answer.",
    countsAsActivity: true,
    properties: {
      message_id: keep(id),
      rating: keep(z.union([z.literal(-1), z.literal(1)])),
      comment: drop(text.nullish()),
    },
  },
  code_generated: {
    description: "The assistant wrote code for a user.",
    countsAsActivity: true,
    properties: { ...generation, ...usage, generation_time_ms: keep(durationMs) },
  },
  code_generation_failed: {
    description: "Generating code for a user failed.",
    countsAsActivity: true,
    properties: {
      ...generation,
      generation_time_ms: keep(durationMs.nullish()),
      error_code: keep(label.nullish()),
      error_message: drop(text.nullish()),
    },
  },
  code_accepted: {
    description: "A user took generated code into a project.",
    countsAsActivity: true,
    properties: { project_id: keep(id), message_id: keep(id.nullish()), file_count: keep(count.nullish()) },
  },
  code_rejected: {
    description: "A user threw generated code away.",
    countsAsActivity: true,
    properties: { project_id: keep(id), message_id: keep(id.nullish()) },
  },
  search_performed: {
    description: "A user searched.",
    countsAsActivity: true,
    properties: {
      query: drop(text.nullish()),
      search_type: keep(label.nullish()),
      result_count: keep(count),
      duration_ms: keep(durationMs.nullish()),
    },
  },
  search_result_clicked: {
    description: "A user opened a search result.",
    countsAsActivity: true,
    properties: {
      source: keep(label),
      entity_id: keep(id),
      position: keep(count),
      query: drop(text.nullish()),
    },
  },
  search_suggestion_used: {
    description: "A user took a suggested query or spelling.",
    countsAsActivity: true,
    properties: { kind: keep(label.nullish()), position: keep(count.nullish()) },
  },
  rag_context_retrieved: {
    description: "Passages were looked up for a question.",
    properties: {
      passage_count: keep(count),
      duration_ms: keep(durationMs.nullish()),
      complete: keep(z.boolean().nullish()),
    },
  },
  rag_answered: {
    description: "A question was answered from the user's own documents.",
    countsAsActivity: true,
    properties: {
      conversation_id: keep(id.nullish()),
      question: drop(text.nullish()),
      model: keep(label.nullish()),
      passage_count: keep(count),
      citation_count: keep(count.nullish()),
      prompt_tokens: keep(count.nullish()),
      completion_tokens: keep(count.nullish()),
      duration_ms: keep(durationMs.nullish()),
    },
  },
  embeddings_generated: {
    description: "Texts were turned into vectors.",
    retention: "short",
    properties: {
      model: keep(label),
      text_count: keep(count),
      tokens_used: keep(count.nullish()),
      duration_ms: keep(durationMs.nullish()),
    },
  },
} as const;
