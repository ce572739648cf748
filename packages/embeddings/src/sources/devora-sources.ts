import { conversations, documents, messages, projectFiles, projects } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { TextKind } from "../chunking/chunk-text.ts";
import { defineSource } from "./define-source.ts";

const projectsSource = defineSource({
  name: "projects",
  table: projects,
  id: projects.id,
  owner: projects.userId,
  title: projects.name,
  text: [projects.name, projects.description],
  language: projects.language,
  updatedAt: projects.updatedAt,
  deletedAt: projects.deletedAt,
  filters: {
    projectType: projects.projectType,
    status: projects.status,
    language: projects.language,
    tags: projects.tags,
  },
});

const filesSource = defineSource({
  name: "files",
  table: projectFiles,
  id: projectFiles.id,
  owner: projectFiles.userId,
  title: projectFiles.path,
  text: projectFiles.content,
  language: projectFiles.language,
  kind: sql<TextKind>`case
    when ${projectFiles.path} ~* '[.](md|mdx|markdown)$' then 'markdown'
    when ${projectFiles.path} ~* '[.](txt|rst|adoc)$' then 'prose'
    else 'code'
  end`,
  updatedAt: projectFiles.updatedAt,
  deletedAt: projectFiles.deletedAt,
  filters: {
    projectId: projectFiles.projectId,
    programmingLanguage: projectFiles.programmingLanguage,
    language: projectFiles.language,
  },
  where: sql`exists (select from ${projects} where ${projects.id} = ${projectFiles.projectId} and ${projects.deletedAt} is null)`,
  touchedBy: [{ column: projects.id, matches: projectFiles.projectId }],
});

/** Turns in order, each beginning with who speaks; what the system was told is left out. */
const transcript: SQL = sql`
  select string_agg(initcap(${messages.role}) || ': ' || ${messages.content}, E'\n\n' order by ${messages.createdAt}, ${messages.id})
  from ${messages}
  where ${messages.userId} = ${conversations.userId}
    and ${messages.conversationId} = ${conversations.id}
    and ${messages.role} <> 'system'
    and ${messages.deletedAt} is null`;

const conversationsSource = defineSource({
  name: "conversations",
  table: conversations,
  id: conversations.id,
  owner: conversations.userId,
  title: conversations.title,
  text: transcript,
  kind: "conversation",
  language: conversations.language,
  updatedAt: conversations.updatedAt,
  deletedAt: conversations.deletedAt,
  touchedBy: [{ column: messages.conversationId }],
  filters: { projectId: conversations.projectId, language: conversations.language },
});

const ofConversation = sql`from ${conversations} where ${conversations.id} = ${messages.conversationId} and ${conversations.deletedAt} is null`;

const messagesSource = defineSource({
  name: "messages",
  table: messages,
  id: messages.id,
  owner: messages.userId,
  title: sql`select ${conversations.title} ${ofConversation}`,
  text: messages.content,
  language: messages.language,
  kind: "conversation",
  updatedAt: messages.updatedAt,
  deletedAt: messages.deletedAt,
  filters: { conversationId: messages.conversationId, role: messages.role, language: messages.language },
  where: sql`${messages.role} <> 'system' and exists (select ${ofConversation})`,
  touchedBy: [{ column: conversations.id, matches: messages.conversationId }],
});

const documentsSource = defineSource({
  name: "documents",
  table: documents,
  id: documents.id,
  owner: documents.ownerId,
  title: documents.title,
  text: documents.content,
  language: documents.language,
  // Pages are stored as Markdown.
  kind: sql<TextKind>`case when ${documents.mimeType} in ('text/markdown', 'text/html') then 'markdown' else 'prose' end`,
  updatedAt: documents.updatedAt,
  deletedAt: documents.deletedAt,
  filters: { mimeType: documents.mimeType, language: documents.language },
});

/**
 * Devora's own tables: `projects` (name and description), `files` (of live projects), `conversations` (the whole
 * transcript), `messages` (one by one, of live conversations) and `documents`. Pick some to save calls: the text
 * of a message is embedded twice where both `conversations` and `messages` are among the sources.
 *
 * Filters: all have `language`; projects `projectType`, `status`, `tags`; files `projectId`, `programmingLanguage`;
 * conversations `projectId`; messages `conversationId`, `role`; documents `mimeType`.
 *
 * @example
 * const [projects, files] = devoraSources;
 * const embeddings = createEmbeddings({ db, embedder, sources: [projects, files] });
 */
export const devoraSources = [
  projectsSource,
  filesSource,
  conversationsSource,
  messagesSource,
  documentsSource,
] as const;
