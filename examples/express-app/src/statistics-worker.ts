import type { Services } from "./services.ts";

export interface StatisticsWorker {
  start(): void;
  /** Ends the batch in hand. */
  stop(): Promise<void>;
}

/**
 * Counts the words of rows that changed, every few seconds, for ranking, corrections and suggestions. Any number of
 * processes may run one: while one counts, the others pass. A failure is told, and the next turn tries again.
 */
export function createStatisticsWorker(
  search: Pick<Services["search"], "refreshStatistics">,
  { onError, intervalMs = 3_000 }: { onError: (error: unknown) => void; intervalMs?: number },
): StatisticsWorker {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  const turn = async (): Promise<void> => {
    try {
      await search.refreshStatistics({ signal });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    if (!signal.aborted) timer = setTimeout(begin, intervalMs);
  };
  const begin = () => {
    running = turn();
  };
  return {
    start: begin,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
