import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Engine } from "../engine.ts";
import type { EvalLanguage } from "../language.ts";

/** The usual recipe, on the vector and index of the table `articles`: `websearch_to_tsquery` with `ts_rank`. */
export function tsRankEngine(db: Database, language: EvalLanguage): Engine {
  return {
    name: "ts_rank",
    search: async (query, limit) => {
      const rows = await rowsOf(
        db,
        sql`
        select id
        from articles, websearch_to_tsquery(devora.text_config(${language}::text), ${query.replaceAll("\0", " ")}::text) as query
        where search @@ query
        order by ts_rank(search, query) desc, id
        limit ${limit}::int`,
      );
      return rows.map(({ id }) => String(id));
    },
  };
}
