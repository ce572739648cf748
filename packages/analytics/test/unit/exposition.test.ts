import { expect, test } from "vitest";
import { analyticsMetrics } from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";
import { formatFamilies } from "../../src/watching/exposition.ts";
import { parseExposition } from "../support/parse-exposition.ts";

test("labels and help are escaped so that they read as they were, and empty families are left out", () => {
  const hostile = 'a"b\\c\nd}, e="f';
  const text = formatFamilies([
    {
      name: "a_total",
      type: "counter",
      help: "One\\two\nthree",
      samples: [{ labels: { x: hostile }, value: 1e21 }],
    },
    { name: "none", type: "gauge", help: "h", samples: [] },
    {
      name: "b",
      type: "gauge",
      help: 'says "b"',
      samples: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5].map((value, n) => ({
        labels: { n: String(n) },
        value,
      })),
    },
  ]);
  const families = parseExposition(text);
  expect([...families.keys()]).toEqual(["a_total", "b"]);
  expect(families.get("a_total")?.samples).toEqual(new Map([[`x=${hostile}`, 1e21]]));
  expect(families.get("a_total")?.help).toBe("One\\\\two\\nthree");
  expect([...(families.get("b")?.samples.values() ?? [])]).toEqual([Number.NaN, Infinity, -Infinity, -0.5]);
});

test("an instance is counted without a database", async () => {
  const analytics = recordingAnalytics({ mode: "drop" });
  await analytics.capture({ event: "user_logged_in", userId: "u" });
  await analytics.capture({ event: "nothing" as "user_logged_in", userId: "u" });
  analytics.captureBuffered({ event: "user_logged_in", userId: "u" });
  const metrics = analyticsMetrics({ analytics });
  const families = parseExposition(await metrics.prometheus());
  const values = Object.fromEntries([...families].map(([name, { samples }]) => [name, samples.get("")]));
  expect(values).toEqual({
    devora_analytics_events_captured_total: 1,
    devora_analytics_events_duplicate_total: 0,
    devora_analytics_events_invalid_total: 1,
    devora_analytics_events_dropped_total: 1,
    devora_analytics_events_opted_out_total: 0,
    devora_analytics_events_disabled_total: 0,
    devora_analytics_events_foreign_owner_total: 0,
    devora_analytics_events_lost_total: 0,
    devora_analytics_events_buffered: 1,
  });
  expect(metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  await analytics.close();
  expect(() => analyticsMetrics({})).toThrow(/^analyticsMetrics: option db/);
});

test.each([
  "a 1",
  "# HELP a h\n# TYPE a gauge\na 1",
  "# HELP a h\na 1\n",
  "# HELP a h\n# TYPE a counter\na 1\n",
  '# HELP a h\n# TYPE a gauge\na{x="1",x="2"} 1\n',
  "# HELP a h\n# TYPE a gauge\na 1\na 2\n",
  '# HELP a h\n# TYPE a gauge\na{x="y"z"} 1\n',
])("the test's own reader refuses %j", (text) => {
  expect(() => parseExposition(text)).toThrow();
});
