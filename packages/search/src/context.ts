import type { Database } from "@devora/db-schema";
import type { CursorCodec } from "./cursor.ts";
import type { InstallationLookup } from "./installed.ts";
import type { ScopeRoles } from "./options.ts";
import type { Source } from "./source.ts";

/** What the verbs of one search share. */
export interface SearchContext<S extends Source> extends ScopeRoles {
  readonly db: Database;
  readonly sources: readonly S[];
  readonly installed: InstallationLookup;
  readonly cursors: CursorCodec;
}
