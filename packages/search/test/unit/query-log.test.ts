import { expect, test } from "vitest";
import { createQueryLog } from "../../src/query-log.ts";

const answer = { total: 0, relaxed: false, executionTimeMs: 1, correctedQuery: undefined };

test("entries are bounded while the database does not answer; one batch is on its way", () => {
  let transactions = 0;
  const db = {
    transaction: () => {
      transactions += 1;
      return new Promise(() => {});
    },
  } as never;
  const errors: unknown[] = [];
  const onError = (error: unknown, dropped: number) =>
    errors.push([(error as { code: string }).code, dropped]);
  const log = createQueryLog({ db, serviceRole: null, mode: "full", onError });
  for (let n = 0; n < 1_003; n++) log.add({ query: `q${n}` }, ["books"], answer);
  expect(errors).toEqual([
    ["LOG_FULL", 1],
    ["LOG_FULL", 1],
    ["LOG_FULL", 1],
  ]);
  void log.flush();
  void log.close();
  return Promise.resolve().then(() => expect(transactions).toBe(1));
});
