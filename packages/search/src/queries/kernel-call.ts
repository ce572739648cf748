import { type SQL, sql } from "drizzle-orm";
import type { SearchRequest } from "./input.ts";

/** Names of functions that run what a search sends where there are none. */
export interface KernelFunctions {
  /** `devora.search_books_1f0c8a2b_count`. */
  readonly count: string;
  readonly rank: string;
}

/** The functions that one call may use. */
export interface CallKernel extends KernelFunctions {
  readonly page: string;
  /** Whether they are the ones within the caller's own rows. */
  readonly isOwn: boolean;
}

/** By source. */
export type Kernels = ReadonlyMap<string, CallKernel>;

/**
 * Asks a kernel; `name` is one that the package made.
 * @param more values that the statement makes itself, as jsonb
 */
export const kernelCall = (name: string, request: SearchRequest, more?: SQL): SQL =>
  sql`select * from ${sql.raw(name)}(${JSON.stringify(request)}::jsonb ${more ? sql`|| ${more}` : sql.empty()})`;
