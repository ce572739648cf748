import { DatabaseError, newId } from "@devora/db-schema";
import { type Deferred, deferred } from "@devora/testing";
import { expect, test } from "vitest";
import { type BufferOptions, resolveBuffer } from "../../src/buffer-options.ts";
import type { EventRow } from "../../src/event.ts";
import { createEventBuffer } from "../../src/event-buffer.ts";
import type { Outcomes } from "../../src/event-store.ts";
import { manualTimers, settle } from "../support/manual-timers.ts";

const row = (name: string, properties: EventRow["properties"] = {}): EventRow => ({
  id: newId(),
  event: name,
  distinctId: "u",
  ownerId: "u",
  actorId: "u",
  sessionId: null,
  occurredAt: new Date("2026-01-01T00:00:00Z"),
  claimedAt: null,
  countsAsActivity: false,
  retentionClass: "standard",
  properties,
  context: {},
});
const failure = (code: string) =>
  new DatabaseError("analytics.capture", Object.assign(new Error("x"), { code }));

/** A buffer over a store whose writes the test ends, with what it reported. */
function setup(options: BufferOptions = {}) {
  const timers = manualTimers();
  const writes: { names: string[]; end: Deferred<void> }[] = [];
  const reports = { written: [] as string[], refused: [] as string[], failed: 0 };
  const buffer = createEventBuffer(
    {
      async write(rows) {
        const write = { names: rows.map(({ event }) => event), end: deferred() };
        writes.push(write);
        await write.end.promise;
        return new Map(rows.map(({ id }) => [id, "accepted"])) as Outcomes;
      },
    },
    resolveBuffer(options, timers.sleep),
    {
      written: (outcomes) => reports.written.push(...outcomes.values()),
      refused: ({ event }) => reports.refused.push(event),
      failed: () => reports.failed++,
    },
  );
  return { buffer, timers, writes, reports };
}

test("events wait for others until the interval is over, and go out together", async () => {
  const { buffer, timers, writes, reports } = setup({ flushIntervalMs: 250 });
  for (const name of ["a", "b"]) expect(buffer.add(row(name))).toBe(true);
  await settle();
  expect(timers.running()).toEqual([250]);
  expect(writes).toEqual([]);

  timers.fire();
  await settle();
  expect(writes.map(({ names }) => names)).toEqual([["a", "b"]]);
  expect(buffer.size()).toBe(2);
  writes[0]?.end.resolve();
  await settle();
  expect(buffer.size()).toBe(0);
  expect(reports.written).toEqual(["accepted", "accepted"]);
  expect(timers.running()).toEqual([]);

  buffer.add(row("c"));
  timers.fire();
  await settle();
  expect(writes[1]?.names).toEqual(["c"]);
});

test("a full batch is written at once; what came meanwhile follows, at most a batch a statement, one at a time", async () => {
  const { buffer, timers, writes } = setup({ batchSize: 2 });
  for (const name of ["a", "b", "c", "d", "e"]) buffer.add(row(name));
  await settle();
  expect(writes.map(({ names }) => names)).toEqual([["a", "b"]]);
  writes[0]?.end.resolve();
  await settle();
  expect(writes.map(({ names }) => names).slice(1)).toEqual([["c", "d"]]);
  writes[1]?.end.resolve();
  await settle();
  // Less than a batch waits for others again.
  expect(writes).toHaveLength(2);
  timers.fire();
  await settle();
  expect(writes[2]?.names).toEqual(["e"]);
});

test("a write that fails is repeated with growing waits until the database takes it", async () => {
  const { buffer, timers, writes, reports } = setup({ batchSize: 1 });
  buffer.add(row("a"));
  for (const attempt of [0, 1, 2]) {
    await settle();
    expect(writes).toHaveLength(attempt + 1);
    writes[attempt]?.end.reject(failure(attempt === 1 ? "42501" : "08006"));
    await settle();
    const [waitMs = 0] = timers.running();
    expect(waitMs).toBeGreaterThanOrEqual(50 * 2 ** attempt);
    expect(waitMs).toBeLessThanOrEqual(100 * 2 ** attempt);
    timers.fire();
  }
  await settle();
  writes[3]?.end.resolve();
  await settle();
  expect(writes.every(({ names }) => names.join() === "a")).toBe(true);
  expect(reports).toEqual({ written: ["accepted"], refused: [], failed: 3 });
  expect(buffer.size()).toBe(0);
});

test("the waits between repeats end at ten seconds", async () => {
  const { buffer, timers, writes } = setup({ batchSize: 1 });
  buffer.add(row("a"));
  for (let attempt = 0; attempt < 12; attempt++) {
    await settle();
    writes[attempt]?.end.reject(failure("57P03"));
    await settle();
    expect(timers.running()[0]).toBeLessThanOrEqual(10_000);
    timers.fire();
  }
});

test.each(["22008", "23514", "54000"])(
  "an event that the database can never take (%s) is found, the others are kept",
  async (state) => {
    const { buffer, writes, reports } = setup({ batchSize: 5 });
    for (const name of ["a", "b", "poison", "c", "d"]) buffer.add(row(name));
    for (let seen = 0; buffer.size() > 0; seen++) {
      await settle();
      const write = writes[seen];
      if (write?.names.includes("poison")) write.end.reject(failure(state));
      else write?.end.resolve();
      await settle();
    }
    expect(reports).toEqual({
      written: ["accepted", "accepted", "accepted", "accepted"],
      refused: ["poison"],
      failed: 0,
    });
  },
);

test("beyond the bounds nothing is taken, and what is being written counts until it is", async () => {
  const { buffer, writes } = setup({ maxEvents: 2, batchSize: 1 });
  expect([row("a"), row("b"), row("c")].map(buffer.add)).toEqual([true, true, false]);
  await settle();
  expect(buffer.add(row("c"))).toBe(false);
  writes[0]?.end.resolve();
  await settle();
  expect(buffer.add(row("c"))).toBe(true);
});

test("large events are bounded by their bytes, and the room comes back", async () => {
  const { buffer, writes } = setup({ maxBytes: 100_000, batchSize: 1 });
  const large = () => row("large", { text: "x".repeat(60_000) });
  expect(buffer.add(large())).toBe(true);
  expect(buffer.add(large())).toBe(false);
  await settle();
  writes[0]?.end.resolve();
  await settle();
  expect(buffer.add(large())).toBe(true);
});

test("flush waits for what was added before it, and not for what comes after", async () => {
  const { buffer, writes } = setup({ batchSize: 2 });
  for (const name of ["a", "b", "c"]) buffer.add(row(name));
  const flushed = buffer.flush(1000);
  await settle();
  writes[0]?.end.resolve();
  await settle();
  expect(writes[1]?.names).toEqual(["c"]);
  buffer.add(row("later"));
  writes[1]?.end.resolve();
  expect(await flushed).toEqual({ remaining: 1 });
});

test("flush gives up after its time and says what is left, which is written all the same", async () => {
  const { buffer, timers, writes } = setup();
  buffer.add(row("a"));
  const flushed = buffer.flush(5);
  await settle();
  timers.fire();
  expect(await flushed).toEqual({ remaining: 1 });
  writes[0]?.end.resolve();
  await settle();
  expect(buffer.size()).toBe(0);
});

test("a closed buffer takes nothing, and after its time repeats nothing", async () => {
  const { buffer, timers, writes } = setup();
  buffer.add(row("a"));
  const closed = buffer.close(40);
  expect(buffer.add(row("b"))).toBe(false);
  await settle();
  writes[0]?.end.reject(failure("08006"));
  await settle();
  timers.fire();
  expect(await closed).toEqual({ remaining: 1 });
  await settle();
  expect(timers.running()).toEqual([]);
  expect(writes).toHaveLength(1);
});

test("a flush without events is done at once", async () => {
  const { buffer, writes } = setup();
  expect(await buffer.flush(1000)).toEqual({ remaining: 0 });
  expect(await buffer.close(1000)).toEqual({ remaining: 0 });
  expect(writes).toEqual([]);
});
