import type { Database } from "@devora/db-schema";
import type { Context } from "../context.ts";
import type { EmbeddingTriggerOptions } from "../embedding-triggers.ts";

/** `error`: rows may be missed, or nothing works. `warning`: will hurt. */
export type DoctorStatus = "ok" | "warning" | "error";

/** Each is one question; docs/embeddings.md lists them. */
export type DoctorCheckName =
  | "pgvector"
  | "model"
  | "retired-models"
  | "index"
  | "index-definition"
  | "index-usage"
  | "plan"
  | "recall"
  | "build-memory"
  | "queue"
  | "parked-jobs"
  | "leases"
  | "coverage"
  | "orphans"
  | "triggers"
  | "login";

/** What a check has found. */
export interface Diagnosis {
  status: DoctorStatus;
  /** What is so. */
  message: string;
  /** What to do; there unless all is well. */
  advice?: string;
  /** What it was judged by: names, counts, bytes, seconds; the unit is in the name. */
  figures: Readonly<Record<string, number | string | boolean>>;
}

/** What the checks look at. */
export interface Examination {
  /** A transaction of the service. */
  tx: Database;
  context: Context;
  sampleQueries: number;
  triggers: EmbeddingTriggerOptions;
  signal: AbortSignal | undefined;
}

/** One question to the database; what it throws is its own finding, and spoils none that follow. */
export interface Check {
  readonly name: DoctorCheckName;
  examine(examination: Examination): Promise<Diagnosis>;
}

type Figures = Diagnosis["figures"];

export const ok = (message: string, figures: Figures = {}): Diagnosis => ({ status: "ok", message, figures });

export const warning = (message: string, advice: string, figures: Figures = {}): Diagnosis => ({
  status: "warning",
  message,
  advice,
  figures,
});

export const error = (message: string, advice: string, figures: Figures = {}): Diagnosis => ({
  status: "error",
  message,
  advice,
  figures,
});
