import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type TextKind, textKinds } from "../chunking/chunk-text.ts";
import type { Source } from "../sources/define-source.ts";
import { ownerIs } from "./owner-is.ts";

/** Characters of a row's text that are embedded; what lies beyond is left out, so that no row exhausts memory. */
export const maxTextLength = 1_000_000;
const maxTitleLength = 300;

/** A live row as it is embedded. */
export interface SourceRow {
  entityId: string;
  ownerId: string | null;
  title: string;
  text: string;
  language: string;
  kind: TextKind;
  updatedAt: string | null;
  /** Changes when anything does that its passages are made of. */
  hash: string;
}

/** The live rows among some ids. */
export const sourceRowsQuery = (source: Source, ids: readonly string[]): SQL => sql`
  select devora_row.*, ${rowHash} as hash
  from (${rowsByIds(source, ids)}) as devora_row`;

/** The hashes alone: whether rows are still what was read. */
export const rowHashesQuery = (source: Source, ids: readonly string[]): SQL => sql`
  select devora_row.entity_id, ${rowHash} as hash
  from (${rowsByIds(source, ids)}) as devora_row`;

/** Ids of live rows after one, in the order of the ids. */
export const sourceIdsQuery = (
  source: Source,
  { afterId, ownerId, limit }: { afterId: string | undefined; ownerId: string | undefined; limit: number },
): SQL => sql`
  select ${source.id}::text as entity_id
  from ${source.table}
  where ${source.live}
    and ${afterId === undefined ? sql`true` : sql`${source.id} > ${afterId}::${source.idType.cast}`}
    and ${ownedBy(source, ownerId)}
  order by ${source.id}
  limit ${limit}::integer`;

/** How many live rows there are. */
export const countRowsQuery = (source: Source, ownerId: string | undefined): SQL => sql`
  select count(*)::float8 as count
  from ${source.table}
  where ${source.live} and ${ownedBy(source, ownerId)}`;

/** The owner's rows, all without one. */
const ownedBy = ({ owner }: Source, ownerId: string | undefined): SQL =>
  ownerId === undefined || owner === undefined ? sql`true` : ownerIs(owner, ownerId);

const rowsByIds = (source: Source, ids: readonly string[]): SQL => sql`
  select
    ${source.id}::text as entity_id,
    ${source.owner === undefined ? sql`null` : source.owner}::text as owner_id,
    left(coalesce(${source.title}::text, ''), ${maxTitleLength}::integer) as title,
    left(coalesce(${source.text}::text, ''), ${maxTextLength}::integer) as text,
    coalesce(${source.language}::text, 'simple') as language,
    coalesce(${source.kind}::text, 'prose') as kind,
    ${source.updatedAt}::text as updated_at
  from ${source.table}
  where ${source.id} = any(${sql.param([...ids])}::${source.idType.castArray})
    and ${source.live}`;

const rowHash = sql`encode(sha256(convert_to(jsonb_build_array(
    devora_row.owner_id, devora_row.title, devora_row.text, devora_row.language, devora_row.kind
  )::text, 'UTF8')), 'hex')`;

export function decodeSourceRow(row: Row): SourceRow {
  const kind = String(row.kind) as TextKind;
  return {
    entityId: String(row.entity_id),
    ownerId: row.owner_id === null ? null : String(row.owner_id),
    title: String(row.title),
    text: String(row.text),
    language: String(row.language),
    kind: textKinds.includes(kind) ? kind : "prose",
    updatedAt: row.updated_at === null ? null : String(row.updated_at),
    hash: String(row.hash),
  };
}
