import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bundle } from "../../scripts/bundle-migrations.ts";
import { pendingOf } from "../../src/migrations/ledger.ts";
import type { Migration } from "../../src/migrations/migration.ts";
import { moduleNames, withRequirements } from "../../src/modules.ts";

const step = (name: string): Migration => ({ module: "core", name, checksum: name, up: "", down: "" });
const applied = (name: string) => ({ ...step(name), appliedAt: new Date(0) });

test("the bundled SQL is that of migrations/postgres", () => {
  const generated = readFileSync(new URL("../../src/migrations.generated.ts", import.meta.url), "utf8");
  expect(generated === bundle(), "run `pnpm generate`").toBe(true);
});

test("what is applied is not applied again", () => {
  expect(pendingOf([step("0001_a"), step("0002_b")], [applied("0001_a")])).toEqual([step("0002_b")]);
});

test("a file that sorts before an applied one is refused", () => {
  expect(() => pendingOf([step("0001_a"), step("0002_b")], [applied("0002_b")])).toThrow(
    expect.objectContaining({ code: "MIGRATION_OUT_OF_ORDER" }),
  );
});

test("an applied file with another checksum is refused", () => {
  expect(() => pendingOf([step("0001_a")], [{ ...applied("0001_a"), checksum: "other" }])).toThrow(
    expect.objectContaining({ code: "MIGRATION_CHANGED" }),
  );
});

test("modules bring what they require, in dependency order", () => {
  expect(withRequirements(["metrics"])).toEqual(["core", "analytics", "metrics"]);
  expect(withRequirements(["embeddings", "core"])).toEqual(["core", "embeddings"]);
  expect(withRequirements(moduleNames)).toEqual([...moduleNames]);
});
