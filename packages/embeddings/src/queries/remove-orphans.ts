import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { liveRow } from "./live-row.ts";

/** Removes the passages of one source whose row is gone, deleted, or another owner's by now. */
export const removeOrphansQuery = (source: Source, ownerId: string | undefined): SQL => sql`
  delete from devora.chunks as chunk
  where chunk.source = ${source.name}::text
    and ${ownerId === undefined ? sql`true` : sql`chunk.owner_id = ${ownerId}::text`}
    and (${liveRow(source, sql`chunk.id`)}) is null
  returning chunk.id`;
