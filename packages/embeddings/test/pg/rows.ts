import {
  conversations,
  type Database,
  messages,
  newId,
  projectFiles,
  projects,
  rowsOf,
  withService,
  withUser,
} from "@devora/db-schema";
import { seedUser } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { hashingEmbedder } from "../../src/index.ts";
import { type RecordedEmbedder, recordEmbedder } from "../../src/testing.ts";

/** Small enough to be quick in WebAssembly. */
export const smallEmbedder = (): RecordedEmbedder => recordEmbedder(hashingEmbedder({ dimensions: 128 }));

/** Empties the queue, the passages and the projects; answers a new user. */
export async function startAfresh(db: Database): Promise<string> {
  await withService(db, async (tx) => {
    await tx.execute(sql`delete from devora.embedding_jobs`);
    await tx.execute(sql`delete from devora.chunks`);
    await tx.delete(projects);
  });
  return seedUser(db);
}

/** A file of a project; answers its id. */
export async function seedFile(
  db: Database,
  userId: string,
  projectId: string,
  { path, content }: { path: string; content: string },
): Promise<string> {
  const id = newId();
  await withUser(db, userId, (tx) =>
    tx
      .insert(projectFiles)
      .values({ id, userId, projectId, path, content, sizeBytes: content.length, contentHash: id }),
  );
  return id;
}

/** A conversation with its turns; answers its id and theirs. */
export async function seedConversation(
  db: Database,
  userId: string,
  { title, turns }: { title: string; turns: readonly ["user" | "assistant" | "system", string][] },
): Promise<{ id: string; messageIds: string[] }> {
  const id = newId();
  const messageIds = turns.map(() => newId());
  await withUser(db, userId, async (tx) => {
    await tx.insert(conversations).values({ id, userId, title });
    for (const [at, [role, content]] of turns.entries()) {
      await tx
        .insert(messages)
        .values({ id: messageIds[at] ?? newId(), userId, conversationId: id, role, content });
    }
  });
  return { id, messageIds };
}

export interface StoredPassage {
  id: string;
  ordinal: number;
  text: string;
  owner: string | null;
  title: string;
  vectors: number;
}

/** The stored passages of a row, in order. */
export const passagesOf = (db: Database, source: string, entityId: string): Promise<StoredPassage[]> =>
  asServiceRows<StoredPassage & Record<string, unknown>>(
    db,
    sql`
      select chunk.id::text, chunk.ordinal, chunk.text, chunk.owner_id as owner, chunk.title,
        (select count(*) from devora.embeddings e
         where e.chunk_id = chunk.id and e.owner_id is not distinct from chunk.owner_id)::int as vectors
      from devora.chunks as chunk
      where chunk.source = ${source}::text and chunk.entity_id = ${entityId}::text
      order by chunk.ordinal`,
  );

/** The queue, in order of the rows. */
export const jobsOf = (db: Database) =>
  asServiceRows<{
    source: string;
    entity_id: string;
    owner_id: string | null;
    version: number;
    attempts: number;
    leased: boolean;
    parked: boolean;
    due: boolean;
    last_error: string | null;
  }>(
    db,
    sql`
      select source, entity_id, owner_id, version, attempts, lease_token is not null as leased,
        parked_at is not null as parked, available_at <= now() as due, last_error
      from devora.embedding_jobs order by source, entity_id, owner_id`,
  );

export const asServiceRows = <T extends Record<string, unknown>>(db: Database, query: SQL): Promise<T[]> =>
  withService(db, (tx) => rowsOf<T>(tx, query));
