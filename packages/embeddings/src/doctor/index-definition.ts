import { rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Model } from "../ensure-model.ts";
import { createIndexConcurrentlyQuery, type IndexKind, indexName } from "../queries/model-index.ts";
import { type Check, error, ok } from "./check.ts";
import { noModel, searchedModel } from "./searched-model.ts";

const kinds: readonly IndexKind[] = ["halfvec", "bit"];

export const indexDefinitionQuery = (name: string): SQL => sql`
  select pg_get_indexdef(to_regclass(${`devora.${name}`}::text)) as definition`;

/**
 * What an index holds and of which rows, alike for our statement and for PostgreSQL's print of it: from the method
 * on, without the figures, parentheses, quotes, spaces and the schema of pgvector.
 */
export const meaningOf = (definition: string): string =>
  definition
    .toLowerCase()
    .replace(/^[\s\S]*?\busing\b/, "")
    .replace(/\bwith\s*\([^)]*\)/, "")
    .replace(/\bpublic\./g, "")
    .replace(/[\s()"']/g, "");

/** The statement that makes the index. */
const wanted = ({ id, embedder: { dimensions } }: Model, kind: IndexKind): string =>
  new PgDialect().sqlToQuery(createIndexConcurrentlyQuery(id, dimensions, kind, {})).sql;

export const indexDefinition: Check = {
  name: "index-definition",
  async examine({ tx, context }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const figures: Record<string, string> = {};
    const wrong: string[] = [];
    for (const kind of kinds) {
      const name = indexName(model.id, kind);
      const [row] = await rowsOf(tx, indexDefinitionQuery(name));
      if (typeof row?.definition !== "string") continue;
      figures[kind] = row.definition;
      if (meaningOf(row.definition) !== meaningOf(wanted(model, kind))) wrong.push(name);
    }
    const names = wrong.map((name) => `devora.${name}`).join(", ");
    return wrong.length === 0
      ? ok("The model's indexes are as this package makes them.", figures)
      : error(
          `Not as this package makes it, so that no search can use it: ${names}.`,
          `drop index ${names}; then call buildIndex.`,
          figures,
        );
  },
};
