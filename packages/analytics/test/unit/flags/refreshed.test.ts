import { expect, test, vi } from "vitest";
import { createRefreshed } from "../../../src/flags/refreshed.ts";

/** A value that is read when the test says so. */
function setUp() {
  const reads: { answer(value: string): void; fail(): void }[] = [];
  const errors: unknown[] = [];
  let ms = 0;
  const read = vi.fn(
    () =>
      new Promise<string>((resolve, reject) => {
        reads.push({ answer: resolve, fail: () => reject(new Error("away")) });
      }),
  );
  const refreshed = createRefreshed(read, {
    ttlMs: 100,
    now: () => new Date(ms),
    onError: (error) => errors.push(error),
  });
  return {
    refreshed,
    read,
    errors,
    reads,
    pass: (passed: number) => {
      ms += passed;
    },
  };
}

test("callers share a first reading, and each tries again where it failed", async () => {
  const { refreshed, read, reads } = setUp();
  const both = [refreshed.get(), refreshed.get()];
  reads[0]?.fail();
  for (const one of both) await expect(one).rejects.toThrow("away");
  const next = refreshed.get();
  reads[1]?.answer("a");
  expect(await next).toBe("a");
  expect(read).toHaveBeenCalledTimes(2);
});

test("an old value is answered at once and read again once; while that fails it is kept", async () => {
  const { refreshed, read, reads, errors, pass } = setUp();
  const first = refreshed.get();
  reads[0]?.answer("a");
  expect(await first).toBe("a");
  pass(99);
  expect(await refreshed.get()).toBe("a");
  expect(read).toHaveBeenCalledTimes(1);
  pass(1);
  expect(await refreshed.get()).toBe("a");
  expect(await refreshed.get()).toBe("a");
  expect(read).toHaveBeenCalledTimes(2);
  reads[1]?.fail();
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  // An outage costs no caller a wait, however long it lasts.
  pass(5_000);
  expect(await refreshed.get()).toBe("a");
  reads[2]?.answer("b");
  await vi.waitFor(async () => expect(await refreshed.get()).toBe("b"));
  expect(read).toHaveBeenCalledTimes(3);
});

test("after a long pause a caller waits for the value of today", async () => {
  const { refreshed, reads, pass } = setUp();
  const first = refreshed.get();
  reads[0]?.answer("a");
  await first;
  pass(1_000);
  const late = refreshed.get();
  reads[1]?.answer("b");
  expect(await late).toBe("b");
});

test("refresh reads what was written before it, also while another reading is under way", async () => {
  const { refreshed, reads } = setUp();
  const under = refreshed.get();
  const refreshing = refreshed.refresh();
  reads[0]?.answer("old");
  expect(await under).toBe("old");
  await vi.waitFor(() => expect(reads).toHaveLength(2));
  reads[1]?.answer("new");
  await refreshing;
  expect(await refreshed.get()).toBe("new");
});
