import type { Database } from "@devora/db-schema";
import { describe, expect, test } from "vitest";
import { createMetrics, isMetricsError, type MetricsError, type MetricsOptions } from "../../src/index.ts";

/** Fails the test that lets a wrong call reach it. */
const untouched = {
  transaction: () => Promise.reject(new Error("the database was reached")),
} as unknown as Database;

const errorOf = async (run: () => unknown): Promise<MetricsError> => {
  try {
    await run();
  } catch (error) {
    if (isMetricsError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("time zones", () => {
  test.each(["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "europe/paris"])(
    "%s is a zone",
    (timeZone) => {
      expect(() => createMetrics({ db: untouched, timeZone })).not.toThrow();
    },
  );

  test.each([
    "+05:30", // PostgreSQL reads it as west of Greenwich
    "IST", // India to JavaScript, Israel to PostgreSQL
    "EST",
    "Mars/Olympus",
    "Europe/Paris'; drop table users; --",
    "Europe/\u0000Paris",
    "Europe/\ud800",
    "",
    7,
    null,
  ])("%j is refused at creation and per call, before the database", async (timeZone) => {
    const wrong = timeZone as string;
    const metrics = createMetrics({ db: untouched });
    const errors = [
      await errorOf(() => createMetrics({ db: untouched, timeZone: wrong })),
      await errorOf(() => metrics.getUserMetrics({ timeZone: wrong })),
      await errorOf(() => metrics.getTrends({ days: 1, timeZone: wrong })),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ code: "INVALID_TIME_ZONE", retryable: false });
      if (wrong) expect(error.message).not.toContain(String(timeZone));
    }
  });
});

test.each<[string, Partial<Record<keyof MetricsOptions, unknown>>]>([
  ["db", { db: undefined }],
  ["db", { db: {} }],
  ["currency", { currency: "eur" }],
  ["currency", { currency: "EURO" }],
  ["currency", { currency: "EUR\u0000" }],
  ["now", { now: new Date() }],
  ["serviceRole", { serviceRole: "" }],
  ["serviceRole", { serviceRole: "a\u0000b" }],
])("a wrong %s is refused by name", async (option, wrong) => {
  const error = await errorOf(() => createMetrics({ db: untouched, ...wrong } as MetricsOptions));
  expect(error.code).toBe("INVALID_OPTION");
  expect(error.message).toContain(`createMetrics: ${option} must be`);
});

test.each([new Date(Number.NaN), new Date(-1), new Date("9000-01-01"), "2024-01-01", null])(
  "asOf cannot be %s",
  async (asOf) => {
    const metrics = createMetrics({ db: untouched });
    const error = await errorOf(() => metrics.getRevenueMetrics({ asOf: asOf as Date }));
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(error.message).toContain("getRevenueMetrics: asOf must be");
  },
);

test("a clock that answers no date is found out", async () => {
  const metrics = createMetrics({ db: untouched, now: () => new Date(Number.NaN) });
  expect(await errorOf(() => metrics.getDashboardMetrics())).toMatchObject({ code: "INVALID_OPTION" });
});

test.each([
  "2024-02-30",
  "2024-13-01",
  "2024-1-1",
  "1969-12-31",
  "9000-01-01",
  "2024-12-01T00:00",
  "",
  20241201,
])("cohortDate cannot be %j", async (cohortDate) => {
  const metrics = createMetrics({ db: untouched });
  const call = { cohortDate: cohortDate as string, periodDays: 30 };
  expect(await errorOf(() => metrics.getCohortRetention(call))).toMatchObject({ code: "INVALID_OPTION" });
});

test.each([0, -1, 1.5, 401, Number.NaN, Number.POSITIVE_INFINITY, "30"])(
  "a number of days cannot be %j",
  async (wrong) => {
    const metrics = createMetrics({ db: untouched });
    const count = wrong as number;
    for (const call of [
      () => metrics.getTrends({ days: count }),
      () => metrics.getCohortRetention({ cohortDate: "2024-12-01", periodDays: count }),
    ]) {
      expect(await errorOf(call)).toMatchObject({ code: "INVALID_OPTION" });
    }
  },
);

test("an aborted call does not reach the database", async () => {
  const metrics = createMetrics({ db: untouched });
  const reason = new Error("the page was closed");
  const signal = AbortSignal.abort(reason);
  await expect(metrics.getDashboardMetrics({ signal })).rejects.toBe(reason);
});

test("a zone that the server's data lack is a typed error too, and other refusals stay what they are", async () => {
  const metrics = createMetrics({ db: untouched, timeZone: "Europe/Kyiv" });
  const failing = (code: string) =>
    ({
      execute: () => Promise.reject(Object.assign(new Error("Europe/Kyiv"), { code })),
    }) as unknown as Database;
  const error = await errorOf(() => metrics.getUserMetrics({ db: failing("22023") }));
  expect(error.code).toBe("INVALID_TIME_ZONE");
  expect(error.message).not.toContain("Kyiv");
  const refused = metrics.getUserMetrics({ db: failing("42501") });
  await expect(refused).rejects.toMatchObject({ code: "DATABASE", sqlState: "42501" });
});
