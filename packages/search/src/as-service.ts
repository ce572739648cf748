import { type Database, withService } from "@devora/db-schema";
import type { SearchContext } from "./context.ts";
import type { Source } from "./source.ts";

/** Runs `fn` in a transaction of the service's role, or on the caller's own `db` with the scope that it has. */
export const asService = <T>(
  { db, serviceRole }: Pick<SearchContext<Source>, "db" | "serviceRole">,
  own: Database | undefined,
  fn: (db: Database) => Promise<T>,
): Promise<T> =>
  own === undefined ? withService(db, fn, serviceRole === undefined ? {} : { role: serviceRole }) : fn(own);
