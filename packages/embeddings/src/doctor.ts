import { type Database, isDatabaseError, toDatabaseError, withService } from "@devora/db-schema";
import type { Context } from "./context.ts";
import {
  type Check,
  type Diagnosis,
  type DoctorCheckName,
  type DoctorStatus,
  type Examination,
  error,
} from "./doctor/check.ts";
import { checks } from "./doctor/checks.ts";
import type { EmbeddingTriggerOptions } from "./embedding-triggers.ts";
import { isEmbeddingsError } from "./errors.ts";
import { assertInteger } from "./validate.ts";

export interface DoctorOptions {
  /** Stored vectors that recall is measured with, 0 to 1000; each reads all vectors once. Default 20. */
  sampleQueries?: number | undefined;
  /** As passed to `installEmbeddingTriggers`, because they are part of the triggers' version. */
  triggers?: EmbeddingTriggerOptions | undefined;
  /** A database of another login, or a transaction of yours. Default: that of `createEmbeddings`. */
  db?: Database | undefined;
  /** Checked between the checks, and between the queries of recall. */
  signal?: AbortSignal | undefined;
}

/** One check's answer. */
export interface DoctorCheck extends Diagnosis {
  name: DoctorCheckName;
}

export interface DoctorReport {
  /** All checks, in a fixed order. */
  checks: DoctorCheck[];
  /** The worst of them. */
  status: DoctorStatus;
}

/** Examines what is stored, each check in a read-only transaction of its own; a transaction given stays as it is. */
export async function doctor(context: Context, options: DoctorOptions = {}): Promise<DoctorReport> {
  const { sampleQueries = 20, triggers = {}, db = context.db, signal } = options;
  assertInteger("doctor: sampleQueries", sampleQueries, { min: 0, max: 1_000 }, "INVALID_INPUT");
  const report: DoctorCheck[] = [];
  for (const check of checks) {
    signal?.throwIfAborted();
    const diagnosis = await run(check, db, { context, sampleQueries, triggers, signal });
    report.push({ name: check.name, ...diagnosis });
  }
  return { checks: report, status: worstOf(report) };
}

async function run(check: Check, db: Database, given: Omit<Examination, "tx">): Promise<Diagnosis> {
  const { context, signal } = given;
  try {
    return await withService(db, (tx) => check.examine({ ...given, tx }), {
      role: context.serviceRole,
      readOnly: true,
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    const code = codeOf(toDatabaseError(`embeddings.doctor.${check.name}`, thrown));
    return error(
      `The check could not be made (${code}).`,
      "Look the code up in docs/errors.md; where it is 42501, pass a database of the migrating login as db.",
      { code },
    );
  }
}

/** Never the message, which may hold values. */
function codeOf(thrown: unknown): string {
  if (isDatabaseError(thrown)) return thrown.sqlState ?? thrown.code;
  if (isEmbeddingsError(thrown)) return thrown.code;
  return thrown instanceof Error ? thrown.name : "unknown";
}

const ranks: readonly DoctorStatus[] = ["ok", "warning", "error"];

const worstOf = (report: readonly DoctorCheck[]): DoctorStatus =>
  ranks[Math.max(0, ...report.map(({ status }) => ranks.indexOf(status)))] ?? "ok";
