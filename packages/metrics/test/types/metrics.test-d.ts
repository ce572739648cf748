import type { Database } from "@devora/db-schema";
import { expectTypeOf, test } from "vitest";
import { createMetrics, type Figure, type MoneyFigure, type NullReason } from "../../src/index.ts";

const metrics = createMetrics({ db: {} as Database });

test("figures of the dashboard keep their type and get the one before", async () => {
  const { userMetrics, revenueMetrics } = await metrics.getDashboardMetrics();
  expectTypeOf(userMetrics.totalUsers.previous).toEqualTypeOf<Figure>();
  expectTypeOf(revenueMetrics.mrr.previous).toEqualTypeOf<MoneyFigure>();
  expectTypeOf(revenueMetrics.mrr.amount).toEqualTypeOf<string | null>();
  expectTypeOf(revenueMetrics.byCurrency).not.toHaveProperty("previous");
});

test("a value may be null, with a closed set of reasons", () => {
  expectTypeOf<Figure["value"]>().toEqualTypeOf<number | null>();
  expectTypeOf<Figure["reason"]>().toEqualTypeOf<NullReason | undefined>();
});

test("calls that need a range ask for it", () => {
  expectTypeOf(metrics.getTrends).parameter(0).toHaveProperty("days").toEqualTypeOf<number>();
  // @ts-expect-error days are required
  void (() => metrics.getTrends({}));
  // @ts-expect-error a cohort is a local day, not an instant
  void (() => metrics.getCohortRetention({ cohortDate: new Date(), periodDays: 30 }));
});
