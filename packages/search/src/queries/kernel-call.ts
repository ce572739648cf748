import { type SQL, sql } from "drizzle-orm";
import type { SearchRequest } from "./input.ts";

/** Asks a kernel; `name` is one that the package made. */
export const kernelCall = (name: string, request: SearchRequest): SQL =>
  sql`select * from ${sql.raw(name)}(${JSON.stringify(request)}::jsonb)`;
