import { lintRowSecurity, runMatrix, useTestDatabase } from "@devora/testing";
import { expect, test } from "vitest";
import { installedFacts } from "./facts.ts";
import { useOneConnection } from "./one-connection.ts";

const connection = useOneConnection(useTestDatabase());

test("no verb, by no path and as nobody, reaches a row of another user", async () => {
  const facts = installedFacts();
  const { checks, principals, findings } = await runMatrix(connection.db, facts);
  expect(findings).toEqual([]);
  expect(principals).toContain("setting never set");
  expect(principals).toHaveLength(11);
  // What shrinks the generator silently shows here: a table gives 120 to 400 checks.
  expect(checks).toBeGreaterThan(Math.max(2_000, Object.keys(facts.tables).length * 200));
});

test("policies, grants, views, functions and keys are as declared", async () => {
  expect(await lintRowSecurity(connection.db, installedFacts())).toEqual([]);
});
