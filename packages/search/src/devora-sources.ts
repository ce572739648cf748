import { chunks, conversations, messages, projectFiles, projects } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { defineSource, type Source } from "./source.ts";

/** Devora's own tables: `projects`, `conversations`, `messages` and `files`. */
export const devoraSources = [
  defineSource({
    name: "projects",
    table: projects,
    id: projects.id,
    title: projects.name,
    body: projects.description,
    vector: projects.searchVector,
    language: projects.language,
    owner: projects.userId,
    deletedAt: projects.deletedAt,
    updatedAt: projects.updatedAt,
    metadata: { projectType: projects.projectType, status: projects.status },
    filters: { projectType: projects.projectType, status: projects.status },
  }),
  defineSource({
    name: "conversations",
    table: conversations,
    id: conversations.id,
    title: conversations.title,
    vector: conversations.searchVector,
    language: conversations.language,
    owner: conversations.userId,
    deletedAt: conversations.deletedAt,
    updatedAt: conversations.updatedAt,
    metadata: { projectId: conversations.projectId },
    filters: { projectId: conversations.projectId },
  }),
  defineSource({
    name: "messages",
    table: messages,
    id: messages.id,
    title: sql`'Message in: ' || (select ${conversations.title} from ${conversations} where ${conversations.id} = ${messages.conversationId})`,
    body: messages.content,
    vector: messages.searchVector,
    language: messages.language,
    owner: messages.userId,
    deletedAt: messages.deletedAt,
    updatedAt: messages.updatedAt,
    metadata: { conversationId: messages.conversationId, role: messages.role },
    filters: { conversationId: messages.conversationId, role: messages.role },
  }),
  defineSource({
    name: "files",
    table: projectFiles,
    id: projectFiles.id,
    title: projectFiles.path,
    body: projectFiles.content,
    vector: projectFiles.searchVector,
    language: projectFiles.language,
    owner: projectFiles.userId,
    deletedAt: projectFiles.deletedAt,
    identifierVector: projectFiles.identifierVector,
    path: projectFiles.path,
    codeLanguage: projectFiles.programmingLanguage,
    updatedAt: projectFiles.updatedAt,
    metadata: {
      projectId: projectFiles.projectId,
      programmingLanguage: projectFiles.programmingLanguage,
      sizeBytes: projectFiles.sizeBytes,
    },
    filters: { projectId: projectFiles.projectId, programmingLanguage: projectFiles.programmingLanguage },
  }),
] as const;

/** A table whose rows are passages already cut, each with its place in the text that it was cut from. */
export interface PassageSource {
  readonly rows: Source;
  readonly source: PgColumn;
  readonly entityId: PgColumn;
  readonly text: PgColumn;
  readonly start: PgColumn;
  readonly end: PgColumn;
}

/**
 * The passages that `@devora/embeddings` keeps (module `embeddings`): with it `retrieve` answers passages whose ids
 * equal those of a vector search, so that both rankings can be fused.
 */
export const chunkPassages: PassageSource = {
  rows: defineSource({
    name: "chunks",
    table: chunks,
    id: chunks.id,
    title: chunks.title,
    body: chunks.text,
    vector: chunks.searchVector,
    language: chunks.language,
    owner: chunks.ownerId,
    updatedAt: chunks.updatedAt,
    filters: { source: chunks.source },
  }),
  source: chunks.source,
  entityId: chunks.entityId,
  text: chunks.text,
  start: chunks.startOffset,
  end: chunks.endOffset,
};
