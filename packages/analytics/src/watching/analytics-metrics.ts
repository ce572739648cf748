import type { Database } from "@devora/db-schema";
import type { AnalyticsVerbs } from "../analytics.ts";
import type { Catalogue } from "../catalogue/define-catalogue.ts";
import { checkFor } from "../check-option.ts";
import { createDeliveryQueue } from "../delivery/create-delivery-queue.ts";
import type { DeliveryWorker } from "../delivery/create-delivery-worker.ts";
import { formatFamilies, type MetricFamily } from "./exposition.ts";
import { captureFamilies, databaseFamily, queueFamilies, workerFamilies } from "./families.ts";

export interface AnalyticsMetricsOptions {
  /** Whose queue is told of; its login must be a member of `devora_service`. Default: the counters of the process alone. */
  db?: Database;
  /** Whose captures are counted. */
  analytics?: Pick<AnalyticsVerbs<Catalogue>, "stats">;
  /** Whose deliveries are counted. */
  worker?: Pick<DeliveryWorker, "stats">;
}

export interface AnalyticsMetrics {
  /** For the header `content-type`. */
  readonly contentType: string;
  /**
   * Prometheus' text format. Where the database does not answer, the counters of the process are told all the same,
   * and `devora_analytics_database_up` is 0.
   * @throws the signal's reason
   */
  prometheus(options?: { signal?: AbortSignal | undefined }): Promise<string>;
}

/**
 * What capture and delivery do, for Prometheus. Counters (`…_total`) are of this process and begin at 0 with it; gauges
 * of the queue are of the database, the same from every process. Labels are names of destinations and states.
 *
 * @throws {AnalyticsError} INVALID_OPTION
 *
 * @example
 * const metrics = analyticsMetrics({ db, analytics, worker });
 * app.get("/metrics", async (_, res) => res.type(metrics.contentType).send(await metrics.prometheus()));
 */
export function analyticsMetrics({ db, analytics, worker }: AnalyticsMetricsOptions): AnalyticsMetrics {
  const check = checkFor("analyticsMetrics");
  for (const [name, value] of Object.entries({ analytics, worker })) {
    check(name, value, "an object with stats()", value === undefined || typeof value.stats === "function");
  }
  const given = [db, analytics, worker].filter((value) => value !== undefined).length;
  check("db", db, "given, unless analytics or worker is", given > 0);
  const queue = db === undefined ? undefined : createDeliveryQueue({ db });

  const ofQueue = async (signal: AbortSignal | undefined): Promise<MetricFamily[]> => {
    if (queue === undefined) return [];
    try {
      return [databaseFamily(true), ...queueFamilies(await queue.stats({ signal }))];
    } catch {
      signal?.throwIfAborted();
      return [databaseFamily(false)];
    }
  };
  return {
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    async prometheus({ signal } = {}) {
      return formatFamilies([
        ...(analytics === undefined ? [] : captureFamilies(analytics.stats())),
        ...(worker === undefined ? [] : workerFamilies(worker.stats())),
        ...(await ofQueue(signal)),
      ]);
    },
  };
}
