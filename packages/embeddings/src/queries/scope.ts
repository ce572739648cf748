import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";

/** What rows must pass beside being live: a condition on the columns of each source's table, by the source's name. */
export type RowConditions = ReadonlyMap<string, SQL>;

/** Which vectors a search looks at. */
export interface Scope {
  sources: readonly Source[];
  /** Whose passages: an owner's, everybody's (`all`), or those of sources without an owner (`none`). */
  owner: { id: string } | "all" | "none";
  /** What rows must pass beside being live, one condition for each source; undefined where there are no filters. */
  conditions?: RowConditions | undefined;
  /** Entities to leave out. */
  except?: { source: string; entityIds: readonly string[] } | undefined;
}

/** The vectors of a scope, as `stored`; whether their rows live and pass the filters is another question. */
export const scopeConditions = ({ sources, owner, except }: Scope): SQL => sql`
  stored.source = any(${sql.param(sources.map((source) => source.name))}::text[])
    and ${owner === "all" ? sql`true` : owner === "none" ? sql`stored.owner_id is null` : sql`stored.owner_id = ${owner.id}::text`}
    and ${
      except === undefined
        ? sql`true`
        : sql`stored.chunk_id <> all(array(
          select chunk.id from devora.chunks as chunk
          where chunk.source = ${except.source}::text
            and chunk.entity_id = any(${sql.param([...except.entityIds])}::text[])))`
    }`;
