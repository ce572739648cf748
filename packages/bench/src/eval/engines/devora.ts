import type { Database } from "@devora/db-schema";
import { createSearch, defineSource } from "@devora/search";
import type { Engine } from "../engine.ts";
import { articles } from "./articles.ts";

const source = defineSource({
  name: "articles",
  table: articles,
  id: articles.id,
  title: articles.title,
  body: articles.body,
  vector: articles.search,
  language: articles.language,
});

/** @devora/search over the table `articles`, with its defaults. */
export function devoraEngine(db: Database): Engine {
  // The login owns the table, and it has no policies.
  const search = createSearch({ db, sources: [source], role: null, serviceRole: null });
  return {
    name: "Devora",
    search: async (query, limit) => {
      const { results } = await search.search({ query, limit });
      return results.map(({ id }) => id);
    },
  };
}
