import { describe, expect, test } from "vitest";
import { serverVersion } from "../../src/doctor/checks/server-version.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import { settingUse } from "../../src/doctor/policy-expression.ts";

describe("settingUse", () => {
  const guarded = "NULLIF(current_setting('app.user_id'::text, true), ''::text)";
  test.each<[string, { perRow: boolean; emptyCounts: boolean }]>([
    [`(user_id = ( SELECT (${guarded})::uuid AS "nullif"))`, { perRow: false, emptyCounts: false }],
    [`(user_id = (${guarded})::uuid)`, { perRow: true, emptyCounts: false }],
    ["(owner_id = ( SELECT current_setting('a.b'::text) AS x))", { perRow: false, emptyCounts: true }],
    [`(( SELECT 1) = 1 AND owner_id = ${guarded})`, { perRow: true, emptyCounts: false }],
    // Parentheses, quotes and names inside texts are no syntax.
    [`((note = '( SELECT it''s'::text) AND (owner_id = ${guarded}))`, { perRow: true, emptyCounts: false }],
    ["(note = 'current_setting('::text)", { perRow: false, emptyCounts: false }],
    ["true", { perRow: false, emptyCounts: false }],
  ])("%s", (expression, use) => {
    expect(settingUse(expression)).toEqual(use);
  });
});

describe("server-version", () => {
  const severityOf = (versionNumber: number) =>
    serverVersion.finding({ version: "n" }, { versionNumber } as Facts)?.severity;
  test.each([
    [140020, "error"],
    [150013, "warning"],
    [150014, undefined],
    [160009, "warning"],
    [160010, undefined],
    [170005, "warning"],
    [170006, undefined],
    [180000, undefined],
    [190000, undefined],
  ])("%i: %s", (versionNumber, severity) => {
    expect(severityOf(versionNumber)).toBe(severity);
  });
});
