import { deferred } from "@devora/testing";
import { expect, test } from "vitest";
import { createStatisticsWorker } from "../../src/statistics-worker.ts";

const counted = { folded: 0, pending: 0 };

test("a failed turn is told, and the next one tries again", async () => {
  const told: unknown[] = [];
  const again = deferred<void>();
  let turns = 0;
  const refreshStatistics = async () => {
    turns += 1;
    if (turns === 1) throw new Error("the database went away");
    again.resolve();
    return counted;
  };
  const worker = createStatisticsWorker(
    { refreshStatistics },
    { onError: (error) => told.push(error), intervalMs: 0 },
  );
  worker.start();
  await again.promise;
  await worker.stop();
  expect(told).toEqual([new Error("the database went away")]);
});

test("stop ends the turn in hand, waits for it, and begins no other", async () => {
  const events: string[] = [];
  const begun = deferred<void>();
  const refreshStatistics = ({ signal }: { signal?: AbortSignal | undefined } = {}) => {
    events.push("begun");
    begun.resolve();
    return new Promise<typeof counted>((_, reject) =>
      signal?.addEventListener("abort", () => {
        events.push("aborted");
        reject(signal.reason);
      }),
    ).finally(() => events.push("ended"));
  };
  const worker = createStatisticsWorker(
    { refreshStatistics },
    { onError: (error) => events.push(String(error)), intervalMs: 0 },
  );
  worker.start();
  await begun.promise;
  await worker.stop();
  events.push("stopped");
  // Were there another turn, its timer would be due before this one.
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(events).toEqual(["begun", "aborted", "ended", "stopped"]);
});
