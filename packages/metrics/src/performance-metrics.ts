import { readCalendar } from "./calendar.ts";
import { definitions } from "./definitions.ts";
import { type Figure, percentile, quotient } from "./figure.ts";
import { type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import type { Windows } from "./queries/calendar.ts";
import { decodeDeployments, deploymentsQuery } from "./queries/deployments.ts";
import { decodeTimings, timingsQuery } from "./queries/timings.ts";
import { type Read, withSnapshot } from "./read.ts";

export interface PerformanceFigures {
  averageQueryTimeMs: Figure;
  p50QueryTimeMs: Figure;
  p95QueryTimeMs: Figure;
  averageRequestTimeMs: Figure;
  p50RequestTimeMs: Figure;
  p95RequestTimeMs: Figure;
  errorRate: Figure;
  deploymentSuccessRate: Figure;
  codeGenerationSuccessRate: Figure;
}

export interface PerformanceMetrics extends PerformanceFigures {
  asOf: Date;
  timeZone: string;
}

export async function getPerformanceMetrics(
  settings: MetricsSettings,
  call: MetricsCall = {},
): Promise<PerformanceMetrics> {
  const verb = "getPerformanceMetrics";
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now } = await readCalendar(verb, read, moment);
    return { ...moment, ...(await readPerformance(read, now)) };
  });
}

export async function readPerformance(read: Read, w: Windows): Promise<PerformanceFigures> {
  const { searches, requests, ...outcomes } = decodeTimings(await read(timingsQuery(w)));
  const [row] = await read(deploymentsQuery(w));
  const { succeeded, failed } = decodeDeployments(row);
  const asOf = new Date(w.asOf);
  return {
    averageQueryTimeMs: quotient(
      definitions.averageQueryTimeMs,
      asOf,
      searches.totalMs,
      searches.observations,
    ),
    p50QueryTimeMs: percentile(definitions.p50QueryTimeMs, asOf, searches.p50Ms, searches.observations),
    p95QueryTimeMs: percentile(definitions.p95QueryTimeMs, asOf, searches.p95Ms, searches.observations),
    averageRequestTimeMs: quotient(
      definitions.averageRequestTimeMs,
      asOf,
      requests.totalMs,
      requests.observations,
    ),
    p50RequestTimeMs: percentile(definitions.p50RequestTimeMs, asOf, requests.p50Ms, requests.observations),
    p95RequestTimeMs: percentile(definitions.p95RequestTimeMs, asOf, requests.p95Ms, requests.observations),
    errorRate: quotient(definitions.errorRate, asOf, outcomes.failed, outcomes.answered),
    deploymentSuccessRate: quotient(definitions.deploymentSuccessRate, asOf, succeeded, succeeded + failed),
    codeGenerationSuccessRate: quotient(
      definitions.codeGenerationSuccessRate,
      asOf,
      outcomes.generated,
      outcomes.generated + outcomes.generationFailed,
    ),
  };
}
