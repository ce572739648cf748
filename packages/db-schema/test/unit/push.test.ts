import { drizzleKitFilters, push } from "@devora/db-schema/push";
import { expect, test, vi } from "vitest";
import { widens } from "../../src/push/compare-columns.ts";

test.each([
  ["integer", "bigint", true],
  ["bigint", "integer", false],
  ["character varying(20)", "character varying(40)", true],
  ["character varying(20)", "character varying(20)", false],
  ["character varying(40)", "character varying(20)", false],
  ["character varying(40)", "text", true],
  ["character varying", "character varying(20)", false],
  ["text", "character varying(20)", false],
  ["text", "uuid", false],
  ["timestamp with time zone", "timestamp without time zone", false],
])("%s to %s keeps every value: %s", (from, to, expected) => {
  expect(widens(from, to)).toBe(expected);
});

test("the filters name the tables and views in public of the modules, and no others", () => {
  const { schemaFilter, tablesFilter } = drizzleKitFilters();
  expect(schemaFilter).toEqual(["public"]);
  expect(tablesFilter).toEqual(expect.arrayContaining(["!users", "!user_usage"]));
  expect(tablesFilter).not.toContain("!analytics_events");
  expect(drizzleKitFilters({ modules: ["search"] }).tablesFilter).toEqual([]);
});

test("without drizzle-kit the error says what to install, before anything is opened", async () => {
  vi.doMock("drizzle-kit/api", () => {
    throw new Error("Cannot find package 'drizzle-kit'");
  });
  await expect(push({ url: "postgres://nobody@localhost:1/none" })).rejects.toMatchObject({
    code: "MISSING_PACKAGE",
    message: expect.stringContaining("npm install --save-dev drizzle-kit@0.31"),
  });
  vi.doUnmock("drizzle-kit/api");
});
