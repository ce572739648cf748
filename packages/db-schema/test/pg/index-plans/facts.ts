import type { SQL } from "drizzle-orm";
import type { Known } from "./population.ts";

/** A query and the index that has to serve it. */
export interface IndexPlan {
  index: string;
  /** What the query is for, and where it is written; `planned` where no package runs it yet. */
  query: string;
  /**
   * Who runs it: a signed-in user in its scope, the service, or a kernel, a `security definer` function of
   * devora_definer. Text operators are not leakproof, so under policies no index serves them; kernels exist for that.
   */
  as: "user" | "service" | "kernel";
  sql: (known: Known) => SQL;
}
