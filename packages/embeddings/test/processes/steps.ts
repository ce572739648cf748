/** Where a worker may be killed, each by the statement that it is about to send; without one it is in the call. */
export const steps = {
  "after the claim": /from "projects"/,
  "during the call": undefined,
  "after the call, before it writes": /for update of job skip locked/,
  "within the transaction that writes, before the passages": /insert into devora\.chunks/,
  "between passages and vectors": /insert into devora\.embeddings/,
  "between vectors and the end of the job": /delete from devora\.embedding_jobs/,
  "before the commit": /^\s*commit/,
  "after the commit": /pg_class|pg_index|to_regclass/,
} satisfies Record<string, RegExp | undefined>;

export type Step = keyof typeof steps;

export const isStep = (name: string): name is Step => Object.hasOwn(steps, name);
