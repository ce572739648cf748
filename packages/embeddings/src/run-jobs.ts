import { newId, rowsOf } from "@devora/db-schema";
import { ensureIndexes } from "./build-index.ts";
import { asService, type Context } from "./context.ts";
import { type EntityOutcome, embedEntities } from "./embed-entities.ts";
import { isEmbeddingsError } from "./errors.ts";
import { jobHooks } from "./job-hooks.ts";
import { keepLease } from "./keep-lease.ts";
import {
  claimJobsQuery,
  decodeJob,
  deleteJobsQuery,
  failJobsQuery,
  type Job,
  type JobFailure,
  releaseJobsQuery,
} from "./queries/jobs.ts";
import type { Source } from "./sources/define-source.ts";
import type { TokenBudget } from "./token-budget.ts";

export interface RunLimits {
  batchSize: number;
  leaseMs: number;
  maxAttempts: number;
  runTimeoutMs: number;
  budget: TokenBudget | undefined;
}

/** What one run of the worker did, in jobs. */
export interface WorkerRun {
  claimed: number;
  embedded: number;
  unchanged: number;
  removed: number;
  /** Dropped, because who queued them does not own the row. */
  ignored: number;
  /** Given back, because the row changed or was queued again meanwhile. */
  stale: number;
  /** Given back until there are tokens again. */
  waiting: number;
  /** Put back for a later attempt, because the embedder refuses the row's text. */
  failed: number;
  /** Put aside after the last attempt; queueing the row again gives it new ones. */
  parked: number;
  tokens: number;
}

export const emptyRun = (): WorkerRun => ({
  claimed: 0,
  embedded: 0,
  unchanged: 0,
  removed: 0,
  ignored: 0,
  stale: 0,
  waiting: 0,
  failed: 0,
  parked: 0,
  tokens: 0,
});

/** How long jobs wait that were given back because the embedder as a whole failed. */
const outageDelayMs = 1_000;

/** Claims a batch of due jobs and does them. */
export async function runJobs(
  context: Context,
  limits: RunLimits,
  outerSignal: AbortSignal | undefined,
): Promise<WorkerRun> {
  const run = emptyRun();
  outerSignal?.throwIfAborted();
  if ((limits.budget?.exhaustedMs() ?? 0) > 0) return run;
  const leaseToken = newId();
  const jobs = await claim(context, limits, leaseToken);
  run.claimed = jobs.length;
  if (jobs.length === 0) return run;
  const timeout = AbortSignal.timeout(limits.runTimeoutMs);
  const signal = outerSignal === undefined ? timeout : AbortSignal.any([outerSignal, timeout]);
  const release = (delayMs: number) =>
    asService(context, "embeddings.worker", (tx) => tx.execute(releaseJobsQuery(leaseToken, delayMs)));
  try {
    await keepLease(context, { leaseToken, leaseMs: limits.leaseMs }, async () => {
      for (const source of context.sources.values()) {
        const own = jobs.filter((job) => job.source === source.name);
        if (own.length > 0) await runSource(context, source, own, { leaseToken, limits, run, signal });
      }
    });
  } catch (error) {
    // Where that fails as well, the leases run out.
    await release(outerSignal?.aborted ? 0 : outageDelayMs).catch(() => {});
    throw error;
  }
  if (run.stale > 0) await release(0);
  return run;
}

async function claim(
  context: Context,
  { batchSize, leaseMs }: RunLimits,
  leaseToken: string,
): Promise<Job[]> {
  const sources = [...context.sources.keys()];
  const query = claimJobsQuery({ sources, leaseToken, leaseMs, limit: batchSize });
  return (await asService(context, "embeddings.worker", (tx) => rowsOf(tx, query))).map(decodeJob);
}

interface SourceRun {
  leaseToken: string;
  limits: RunLimits;
  run: WorkerRun;
  signal: AbortSignal;
}

async function runSource(
  context: Context,
  source: Source,
  jobs: readonly Job[],
  { leaseToken, limits, run, signal }: SourceRun,
): Promise<void> {
  // More attempts than allowed were begun, and none ended: the row may be what ends the process.
  const exhausted = jobs.filter((job) => job.attempts > limits.maxAttempts);
  const byEntity = new Map<string, Job[]>();
  for (const job of jobs) {
    if (exhausted.includes(job)) continue;
    // An id that no row can have stands for a row that is gone.
    const entityId = source.idType.canonical(job.entityId);
    if (entityId === undefined) await dropJob(context, leaseToken, job, run);
    else byEntity.set(entityId, [...(byEntity.get(entityId) ?? []), job]);
  }
  const failures = exhausted.map((job) => failureOf(job, "every attempt ended without an answer", limits));
  const waiting: Job[] = [];
  if (byEntity.size > 0) {
    const { outcomes, tokens } = await embedEntities(context, source, [...byEntity.keys()], {
      signal,
      hooks: jobHooks(source, leaseToken, byEntity),
      budget: limits.budget,
    });
    run.tokens += tokens;
    for (const outcome of outcomes) {
      const own = byEntity.get(outcome.entityId) ?? [];
      if (outcome.status === "waiting") waiting.push(...own);
      if (outcome.status === "failed")
        failures.push(...own.map((job) => failureOf(job, reasonOf(outcome), limits)));
      else run[outcome.status] += own.length;
    }
    if (outcomes.some((outcome) => outcome.embeddedChunks > 0)) await ensureIndexes(context);
  }
  if (waiting.length > 0) await postpone(context, leaseToken, waiting, limits);
  if (failures.length === 0) return;
  await asService(context, "embeddings.worker", (tx) => tx.execute(failJobsQuery(leaseToken, failures)));
  run.parked += failures.filter((failure) => failure.park).length;
  run.failed += failures.filter((failure) => !failure.park).length;
}

async function dropJob(context: Context, leaseToken: string, job: Job, run: WorkerRun): Promise<void> {
  await asService(context, "embeddings.worker", (tx) => tx.execute(deleteJobsQuery(leaseToken, [job])));
  run.removed += 1;
}

/** Until there are tokens again. */
async function postpone(
  context: Context,
  leaseToken: string,
  jobs: readonly Job[],
  { budget }: RunLimits,
): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  const query = releaseJobsQuery(leaseToken, budget?.renewedMs() ?? 0, ids);
  await asService(context, "embeddings.worker", (tx) => tx.execute(query));
}

/** A code and what the package says about it; never what the provider says, which may repeat the text. */
const reasonOf = ({ error }: EntityOutcome): string =>
  isEmbeddingsError(error) ? `${error.code}: ${error.message}` : "the embedder failed";

const firstDelayMs = 10_000;
const longestDelayMs = 3_600_000;

function failureOf({ id, version, attempts }: Job, error: string, { maxAttempts }: RunLimits): JobFailure {
  // Doubling, with half of it by chance, so that rows that failed together do not come back together.
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1));
  const delayMs = delay * (0.5 + Math.random() / 2);
  return { id, version, error: error.slice(0, 500), delayMs, park: attempts >= maxAttempts };
}
