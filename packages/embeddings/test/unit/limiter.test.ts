import fc from "fast-check";
import { expect, test } from "vitest";
import { createLimiter, type LimiterOptions } from "../../src/index.ts";

/** Time that goes on when nothing else can happen. */
function simulated(options: LimiterOptions = {}) {
  let now = 1_000_000;
  const timers: { at: number; resolve(): void }[] = [];
  const limiter = createLimiter({
    ...options,
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = { at: now + ms, resolve };
        timers.push(timer);
        signal?.addEventListener("abort", () => {
          timers.splice(timers.indexOf(timer), 1);
          reject(signal.reason);
        });
      }),
  });
  const granted: { name: unknown; at: number; tokens: number }[] = [];
  const ask = (name: unknown, tokens = 1, signal?: AbortSignal) =>
    limiter.acquire(tokens, signal).then(() => void granted.push({ name, at: now - 1_000_000, tokens }));
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    limiter,
    granted,
    ask,
    /** Runs until the time given, or until nobody waits any more. */
    async run(until = Number.POSITIVE_INFINITY) {
      await settle();
      for (;;) {
        timers.sort((one, other) => one.at - other.at);
        const next = timers[0];
        if (next === undefined || next.at > until + 1_000_000) break;
        timers.shift();
        now = Math.max(now, next.at);
        next.resolve();
        await settle();
      }
      if (until < Number.POSITIVE_INFINITY) now = Math.max(now, until + 1_000_000);
    },
  };
}

test("without limits nobody waits", async () => {
  const { ask, granted, run } = simulated();
  for (let name = 0; name < 100; name++) void ask(name, 1_000_000);
  await run();
  expect(granted.every(({ at }) => at === 0)).toBe(true);
});

test("in no minute more requests or tokens than allowed, in order of asking, and none is forgotten", async () => {
  const asked = fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 150 }), afterMs: fc.nat(90_000) }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(asked, async (requests) => {
      const { ask, granted, run } = simulated({ requestsPerMinute: 5, tokensPerMinute: 100 });
      let at = 0;
      for (const [name, { tokens, afterMs }] of requests.entries()) {
        at += name % 3 === 0 ? afterMs : 0;
        await run(at);
        void ask(name, tokens);
      }
      await run();
      expect(granted.map(({ name }) => name)).toEqual([...requests.keys()]);
      for (const { at: from } of granted) {
        const minute = granted.filter((other) => other.at >= from && other.at < from + 60_000);
        expect(minute.length).toBeLessThanOrEqual(5);
        const tokens = minute.reduce((sum, one) => sum + Math.min(one.tokens, 100), 0);
        expect(tokens).toBeLessThanOrEqual(100);
      }
    }),
    { numRuns: 60 },
  );
});

test("no request waits longer than it must", async () => {
  const { ask, granted, run } = simulated({ requestsPerMinute: 2 });
  for (const name of ["a", "b", "c", "d", "e"]) void ask(name);
  await run();
  expect(granted.map(({ at }) => at)).toEqual([0, 0, 60_000, 60_000, 120_000]);
});

test("tokens come back a minute after they were taken", async () => {
  const { ask, granted, run } = simulated({ tokensPerMinute: 100 });
  for (const at of [0, 10_000, 100_000, 110_000]) {
    await run(at);
    void ask(at, 50);
  }
  await run(120_000);
  void ask("full", 100);
  await run();
  expect(granted.map(({ at }) => at)).toEqual([0, 10_000, 100_000, 110_000, 170_000]);
});

test("what the headers say is left is less with each request", async () => {
  const { limiter, ask, granted, run } = simulated();
  limiter.report({
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "2",
    "x-ratelimit-reset-requests": "58s",
  });
  for (const name of ["a", "b", "c", "d"]) void ask(name);
  await run();
  expect(granted.map(({ at }) => at)).toEqual([0, 0, 1_000, 2_000]);
});

test("a large request is not overtaken by small ones, and one above the limit has a minute of its own", async () => {
  const { ask, granted, run } = simulated({ tokensPerMinute: 100 });
  void ask("first", 60);
  void ask("large", 500);
  void ask("small", 1);
  await run();
  expect(granted.map(({ name, at }) => [name, at])).toEqual([
    ["first", 0],
    ["large", 60_000],
    ["small", 120_000],
  ]);
});

test("whoever leaves takes no place, and those behind wait no longer for it", async () => {
  const { ask, granted, run } = simulated({ tokensPerMinute: 100 });
  void ask("first", 60);
  const large = new AbortController();
  const middle = new AbortController();
  const left = [ask("large", 90, large.signal), ask("middle", 10, middle.signal)].map((one) =>
    one.catch((error: Error) => error.message),
  );
  void ask("small", 30);
  await run(1_000);
  expect(granted.map(({ name }) => name)).toEqual(["first"]);
  middle.abort(new Error("enough"));
  large.abort(new Error("enough"));
  await run();
  expect(granted.map(({ name, at }) => [name, at])).toEqual([
    ["first", 0],
    ["small", 1_000],
  ]);
  expect(await Promise.all(left)).toEqual(["enough", "enough"]);
  await expect(ask("late", 1, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
});

test("an abort after the turn has come changes nothing", async () => {
  const { ask, granted, run } = simulated({ requestsPerMinute: 1 });
  const controller = new AbortController();
  await ask("first", 1, controller.signal);
  void ask("second");
  controller.abort();
  await run();
  expect(granted.map(({ at }) => at)).toEqual([0, 60_000]);
});

test("a pause holds everybody, also one that is prolonged while they wait", async () => {
  const { limiter, ask, granted, run } = simulated();
  limiter.pause(5_000);
  void ask("a");
  await run(2_000);
  limiter.pause(10_000);
  limiter.pause(1_000);
  await run();
  expect(granted).toEqual([{ name: "a", at: 12_000, tokens: 1 }]);
});

test.each([
  ["no requests are left: one comes back in a sixtieth", { remaining: "0", limit: "60" }, "requests", 1_000],
  ["no requests are left, of how many is not said: all come back", { remaining: "0" }, "requests", 60_000],
  ["some are left", { remaining: "1", limit: "60" }, "requests", 0],
  ["too few tokens are left", { remaining: "40", limit: "100" }, "tokens", 10_000],
  ["more is asked than there ever is", { remaining: "10", limit: "40" }, "tokens", 60_000],
] as const)("by the provider's headers, when %s", async (_, { remaining, ...rest }, kind, at) => {
  const { limiter, ask, granted, run } = simulated();
  limiter.report(
    new Headers({
      [`x-ratelimit-remaining-${kind}`]: remaining,
      [`x-ratelimit-reset-${kind}`]: "1m0s",
      ...("limit" in rest ? { [`x-ratelimit-limit-${kind}`]: rest.limit } : {}),
    }),
  );
  void ask("a", 50);
  await run();
  expect(granted.map((one) => one.at)).toEqual([at]);
});

test.each([
  ["6m0s", 360_000],
  ["1h0m1.5s", 3_601_500],
  ["20ms", 20],
  ["1.5", 1_500],
  ["soon", 0],
  ["", 0],
])("a reset of %j is waited for", async (reset, at) => {
  const { limiter, ask, granted, run } = simulated();
  limiter.report({ "X-RateLimit-Remaining-Requests": "0", "x-ratelimit-reset-requests": reset });
  void ask("a");
  await run();
  expect(granted.map((one) => one.at)).toEqual([at]);
});

test("headers that say nothing, and none, are no harm", async () => {
  const { limiter, ask, granted, run } = simulated();
  for (const headers of [
    undefined,
    null,
    {},
    new Headers(),
    "x",
    { "x-ratelimit-remaining-tokens": "NaN" },
  ]) {
    limiter.report(headers);
  }
  void ask("a");
  await run();
  expect(granted).toHaveLength(1);
});

test.each([{ requestsPerMinute: 0 }, { tokensPerMinute: 1.5 }])("options %j are refused", (options) => {
  expect(() => createLimiter(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
