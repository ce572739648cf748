import { rowsOf } from "@devora/db-schema";
import { decodeQueueStats, type QueueStats, queueStatsQuery } from "../queries/queue-reports.ts";
import { type Check, type Diagnosis, type Examination, error, ok, warning } from "./check.ts";

const lateSeconds = 10 * 60;
const stoppedSeconds = 24 * 60 * 60;

const statsOf = async ({ tx, context }: Examination): Promise<QueueStats> =>
  decodeQueueStats((await rowsOf(tx, queueStatsQuery([...context.sources.keys()])))[0]);

/** Whether workers keep up. */
export function diagnoseQueue({ due, waiting, leased, oldestDueSeconds }: QueueStats): Diagnosis {
  const figures = {
    due,
    waiting,
    leased,
    ...(oldestDueSeconds === undefined ? {} : { oldestDueSeconds: Math.round(oldestDueSeconds) }),
  };
  if (oldestDueSeconds === undefined) return ok("No job is due.", figures);
  const message = `${due} jobs are due, the oldest for ${Math.round(oldestDueSeconds / 60)} minutes.`;
  if (oldestDueSeconds > stoppedSeconds) {
    return error(
      message,
      "No worker seems to run: createWorker().start(), and look at its onError.",
      figures,
    );
  }
  return oldestDueSeconds > lateSeconds
    ? warning(message, "Start more workers, or look at the onError and maxTokensPerDay of those.", figures)
    : ok(message, figures);
}

export const queue: Check = {
  name: "queue",
  examine: async (examination) => diagnoseQueue(await statsOf(examination)),
};

export const parkedJobs: Check = {
  name: "parked-jobs",
  async examine(examination) {
    const { parked } = await statsOf(examination);
    return parked === 0
      ? ok("No job is put aside.", { parked })
      : warning(
          `${parked} jobs are put aside: their rows keep old passages, or have none.`,
          "Read parkedJobs(), remove the cause, then call retryParked().",
          { parked },
        );
  },
};
