import { inject } from "vitest";
import { databaseUrl } from "./template-database.ts";

/** The database of `url` by way of PgBouncer in transaction mode; undefined where the run has none (PGBOUNCER_URL). */
export function poolerUrlOf(url: string): string | undefined {
  const template = inject("testTemplate");
  if (template.kind !== "database" || template.poolerUrl === undefined) return undefined;
  return databaseUrl(template.poolerUrl, new URL(url).pathname.slice(1));
}

/** In CI a run with a server must have every lane of a server: a missing one fails instead of being skipped. */
export function needsEveryLane(): boolean {
  const template = inject("testTemplate");
  return template.kind === "database" && template.everyLane;
}
