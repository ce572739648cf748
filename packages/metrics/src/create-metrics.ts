import { type CohortRetention, type CohortRetentionCall, getCohortRetention } from "./cohort-retention.ts";
import { type DashboardMetrics, getDashboardMetrics } from "./dashboard-metrics.ts";
import { type EngagementMetrics, getEngagementMetrics } from "./engagement-metrics.ts";
import { type MetricsCall, type MetricsOptions, settingsOf } from "./options.ts";
import { getPerformanceMetrics, type PerformanceMetrics } from "./performance-metrics.ts";
import { getRevenueMetrics, type RevenueMetrics } from "./revenue-metrics.ts";
import { getTrends, type Trends, type TrendsCall } from "./trends.ts";
import { getUserMetrics, type UserMetrics } from "./user-metrics.ts";

/**
 * All verbs look over all users and are for administrators alone. Each runs in one read-only transaction with one
 * snapshot, or on the call's `db`; rejects with MetricsError (INVALID_OPTION, INVALID_TIME_ZONE), DatabaseError, or
 * the reason of its aborted signal.
 */
export interface Metrics {
  /** Accounts, active people of the day, 7 and 30 days, stickiness, retention and churn of activity. */
  getUserMetrics(call?: MetricsCall): Promise<UserMetrics>;
  /** Monthly recurring revenue and what follows from it, over all currencies and in each. */
  getRevenueMetrics(call?: MetricsCall): Promise<RevenueMetrics>;
  /** Projects, conversations, messages and sessions. */
  getEngagementMetrics(call?: MetricsCall): Promise<EngagementMetrics>;
  /** Durations of searches and requests, errors, deployments and code generation. */
  getPerformanceMetrics(call?: MetricsCall): Promise<PerformanceMetrics>;
  /** The four groups with the period before beside each figure. */
  getDashboardMetrics(call?: MetricsCall): Promise<DashboardMetrics>;
  /** Which share of the users of one sign-up day was active on each day after it. */
  getCohortRetention(call: CohortRetentionCall): Promise<CohortRetention>;
  /** One row per local day, for charts. */
  getTrends(call: TrendsCall): Promise<Trends>;
}

/**
 * Business metrics computed from the rows of the modules `app` and `analytics`.
 *
 * People of `devora.excluded_users` are left out of every figure. Ratios are 0 to 1; money is whole minor units; a
 * figure without a denominator is `null` with a `reason`. Local days follow the zone, also through changes of clocks.
 *
 * @throws {MetricsError} INVALID_OPTION, INVALID_TIME_ZONE
 *
 * @example
 * const metrics = createMetrics({ db, timeZone: "Europe/Paris" });
 * const { revenueMetrics } = await metrics.getDashboardMetrics();
 * revenueMetrics.mrr; // { value: 1485000, currency: "EUR", amount: "14850.00", definition: "…", previous: {…}, … }
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const settings = settingsOf(options);
  return {
    getUserMetrics: (call) => getUserMetrics(settings, call),
    getRevenueMetrics: (call) => getRevenueMetrics(settings, call),
    getEngagementMetrics: (call) => getEngagementMetrics(settings, call),
    getPerformanceMetrics: (call) => getPerformanceMetrics(settings, call),
    getDashboardMetrics: (call) => getDashboardMetrics(settings, call),
    getCohortRetention: (call) => getCohortRetention(settings, call),
    getTrends: (call) => getTrends(settings, call),
  };
}
