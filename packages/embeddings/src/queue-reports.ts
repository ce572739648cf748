import { rowsOf } from "@devora/db-schema";
import { asService, type Context, entityIdOf, sourceNamed } from "./context.ts";
import { EmbeddingsError } from "./errors.ts";
import {
  decodeParkedJob,
  decodeQueueStats,
  type ParkedJob,
  parkedJobsQuery,
  type QueueStats,
  queueStatsQuery,
  retryParkedQuery,
} from "./queries/queue-reports.ts";
import { assertInteger } from "./validate.ts";

const namesOf = (context: Context): string[] => [...context.sources.keys()];

/** How much waits in the queue of these sources, and how long. */
export async function queueStats(context: Context): Promise<QueueStats> {
  const query = queueStatsQuery(namesOf(context));
  const [row] = await asService(context, "embeddings.queueStats", (tx) => rowsOf(tx, query));
  return decodeQueueStats(row);
}

export interface ParkedJobsOptions {
  /** 1 to 1000. Default 50. */
  limit?: number | undefined;
}

/** The jobs that were put aside, newest first, each with its last error. */
export async function parkedJobs(
  context: Context,
  { limit = 50 }: ParkedJobsOptions = {},
): Promise<ParkedJob[]> {
  assertInteger("parkedJobs: limit", limit, { min: 1, max: 1_000 }, "INVALID_INPUT");
  const query = parkedJobsQuery(namesOf(context), limit);
  return (await asService(context, "embeddings.parkedJobs", (tx) => rowsOf(tx, query))).map(decodeParkedJob);
}

export interface RetryParkedOptions<TName extends string = string> {
  /** Default: all. */
  source?: TName | undefined;
  /** Rows of that source. Default: all. */
  ids?: readonly (string | number | bigint)[] | undefined;
}

/** Gives jobs that were put aside new attempts, such as after the model or its limits changed. */
export async function retryParked(
  context: Context,
  { source: name, ids }: RetryParkedOptions = {},
): Promise<{ retried: number }> {
  const source = name === undefined ? undefined : sourceNamed(context, name);
  if (source === undefined && ids !== undefined) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      "retryParked: ids without source. Ids are those of one source's rows.",
    );
  }
  const entityIds = source && ids?.map((id) => entityIdOf(source, id));
  const query = retryParkedQuery(source === undefined ? namesOf(context) : [source.name], entityIds);
  const [row] = await asService(context, "embeddings.retryParked", (tx) => rowsOf(tx, query));
  return { retried: Number(row?.retried ?? 0) };
}
