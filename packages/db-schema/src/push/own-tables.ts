import { is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import type { ModuleName } from "../modules.ts";
import * as analytics from "../schema/analytics.ts";
import * as app from "../schema/app.ts";
import * as core from "../schema/core.ts";
import * as embeddings from "../schema/embeddings.ts";
import * as metrics from "../schema/metrics.ts";
import * as search from "../schema/search.ts";

const exportsOf: Record<ModuleName, Record<string, unknown>> = {
  core,
  app,
  analytics,
  metrics,
  search,
  embeddings,
};

/** The Drizzle tables of modules, by the name of their export. */
export const tablesOf = (modules: readonly ModuleName[]): Record<string, PgTable> =>
  Object.fromEntries(
    modules
      .flatMap((module) => Object.entries(exportsOf[module]))
      .filter((entry): entry is [string, PgTable] => is(entry[1], PgTable)),
  );
