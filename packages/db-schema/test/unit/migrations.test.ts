import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bundle } from "../../scripts/bundle-migrations.ts";
import { assertDirect } from "../../src/migrations/direct.ts";
import { newestOf, pendingOf } from "../../src/migrations/ledger.ts";
import { isTransactional, type Migration } from "../../src/migrations/migration.ts";
import type { MigrationSession } from "../../src/migrations/session.ts";
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

test("only the first line takes a file out of its transaction", () => {
  expect(isTransactional("-- no-transaction\nselect 1;")).toBe(false);
  expect(isTransactional("-- no-transaction")).toBe(false);
  expect(isTransactional("-- no-transaction\r\nselect 1;")).toBe(false);
  expect(isTransactional("-- A comment.\n-- no-transaction\nselect 1;")).toBe(true);
  expect(isTransactional("-- no-transaction-here\nselect 1;")).toBe(true);
  expect(isTransactional("")).toBe(true);
});

test("a migration without a down file here is not rolled back", () => {
  expect(newestOf([step("0001_a")], [applied("0001_a")], 1)).toEqual([step("0001_a")]);
  expect(() => newestOf([step("0001_a")], [applied("0001_a"), applied("0002_b")], 1)).toThrow(
    expect.objectContaining({ code: "MIGRATION_UNKNOWN" }),
  );
});

/** A connection that announced `announcedPid` and whose statements run on the backends of `pids`, in turn. */
const connection = (
  announcedPid: number | undefined,
  pids: readonly number[],
  sibling?: MigrationSession,
): MigrationSession => {
  let statements = 0;
  return {
    execute: async () => {},
    rows: async () => [{ pid: pids[statements++ % pids.length] }],
    announcedPid,
    sibling: sibling && (async () => sibling),
    release: async () => {},
  };
};

test.each([
  ["a direct connection", connection(7, [7], connection(7, [7]))],
  ["a pooler in session mode, each client on its backend", connection(99, [7], connection(98, [8]))],
  ["an embedded database", connection(undefined, [7])],
])("%s passes", async (_name, session) => {
  await expect(assertDirect(session)).resolves.toBeUndefined();
});

test.each([
  ["two clients on one backend", connection(99, [7], connection(98, [7]))],
  ["two clients that met late", connection(99, [7], connection(98, [8, 7]))],
  ["a backend that changes", connection(99, [7, 8], connection(98, [9]))],
  ["a second client's backend that changes", connection(99, [7], connection(98, [8, 9]))],
  ["a single client's backend that changes", connection(99, [7, 7, 8])],
])("a pooler in transaction mode is refused: %s", async (_name, session) => {
  await expect(assertDirect(session)).rejects.toMatchObject({ code: "POOLED_CONNECTION" });
});
