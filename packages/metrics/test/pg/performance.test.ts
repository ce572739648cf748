import { useTestDatabase } from "@devora/testing";
import { beforeEach, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addDeployment, addEvents, addProject, addUser, clearTables, exclude } from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const asOf = new Date("2025-06-15T12:00:00Z");
const performance = () => createMetrics({ db: database.db }).getPerformanceMetrics({ asOf });

const record = (
  event: string,
  properties: Record<string, unknown>[],
  at = "2025-06-10T10:00:00Z",
  ownerId = "ann",
) =>
  addEvents(
    database.db,
    properties.map((values) => ({
      event,
      properties: values,
      distinctId: ownerId,
      ownerId,
      occurredAt: new Date(at),
      countsAsActivity: false,
    })),
  );

test("query time: mean and interpolated percentiles, apart from the time of requests", async () => {
  await record(
    "search_performed",
    [10, 20, 30, 40].map((duration_ms) => ({ duration_ms })),
  );
  await record("request_completed", [{ duration_ms: 1_000, status: 200 }]);
  const metrics = await performance();
  // (10 + 20 + 30 + 40) / 4 = 25; the median lies between 20 and 30; 95 %: 30 + 0.85 x (40 - 30) = 38.5
  expect(metrics.averageQueryTimeMs).toMatchObject({ value: 25, numerator: 100, denominator: 4 });
  expect(metrics.p50QueryTimeMs).toMatchObject({ value: 25, denominator: 4 });
  expect(metrics.p95QueryTimeMs.value).toBeCloseTo(38.5, 9);
  expect(metrics.averageRequestTimeMs.value).toBe(1_000);
  expect(metrics.p95RequestTimeMs.value).toBe(1_000);
});

test("error rate: status 500 and above / all with a status", async () => {
  const statuses = [200, 201, 302, 404, 499, 500, 503];
  await record("request_completed", [...statuses.map((status) => ({ status })), { duration_ms: 3 }]);
  expect((await performance()).errorRate).toMatchObject({ value: 2 / 7, numerator: 2, denominator: 7 });
});

test("the window is the trailing 30 local days", async () => {
  await record("request_completed", [{ status: 500 }], "2025-05-16T23:59:59Z"); // the last second before
  await record("request_completed", [{ status: 200 }], "2025-05-17T00:00:00Z");
  await record("request_completed", [{ status: 500 }], "2025-06-15T12:00:01Z"); // after asOf
  expect((await performance()).errorRate).toMatchObject({ value: 0, denominator: 1 });
});

test("no event, however odd, breaks a figure", async () => {
  const odd = ["12", null, {}, [1], true, "NaN", -5, 1e308, "1; drop table users", undefined];
  await record(
    "search_performed",
    odd.map((duration_ms) => ({ duration_ms })),
  );
  await record("search_performed", [{ duration_ms: 7 }]);
  await record(
    "request_completed",
    odd.map((status) => ({ status, duration_ms: status })),
  );
  const metrics = await performance();
  expect(metrics.averageQueryTimeMs).toMatchObject({ value: 7, denominator: 1 });
  expect(metrics.errorRate).toMatchObject({ value: null, reason: "empty_denominator" });
});

test("deployments: succeeded / (succeeded + failed), as known by then", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-01-01T00:00:00Z");
  const project = await addProject(db, user, "2025-01-01T00:00:00Z");
  const startedAt = "2025-06-10T10:00:00Z";
  const finishedAt = "2025-06-10T10:05:00Z";
  for (const status of ["succeeded", "succeeded", "succeeded", "failed", "canceled", "queued"] as const) {
    await addDeployment(db, user, project, {
      status,
      startedAt,
      ...(status === "queued" ? {} : { finishedAt }),
    });
  }
  await addDeployment(db, user, project, { status: "failed", startedAt, finishedAt: "2025-06-15T13:00:00Z" }); // not known yet
  await addDeployment(db, user, project, { status: "failed", startedAt: "2025-05-16T10:00:00Z", finishedAt }); // started before
  expect((await performance()).deploymentSuccessRate).toMatchObject({
    value: 3 / 4,
    numerator: 3,
    denominator: 4,
  });

  await exclude(db, user);
  expect((await performance()).deploymentSuccessRate).toMatchObject({
    value: null,
    reason: "empty_denominator",
  });
});

test("code generation: made / (made + failed)", async () => {
  await record("code_generated", [{}, {}, {}]);
  await record("code_generation_failed", [{}]);
  expect((await performance()).codeGenerationSuccessRate).toMatchObject({ value: 3 / 4, denominator: 4 });
});

test("excluded people's requests count nowhere", async () => {
  await record("request_completed", [{ status: 500, duration_ms: 9 }], "2025-06-10T10:00:00Z", "staff");
  await exclude(database.db, "staff");
  const metrics = await performance();
  expect(metrics.errorRate.denominator).toBe(0);
  expect(metrics.averageRequestTimeMs).toMatchObject({ value: null, reason: "empty_denominator" });
});
