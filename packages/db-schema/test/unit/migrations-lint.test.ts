import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/check-migrations.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "devora-migrations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lints one file; answers the exit code and what was said. */
function lint(name: string, text: string): { status: number | null; output: string } {
  rmSync(join(folder, "core"), { recursive: true, force: true });
  mkdirSync(join(folder, "core"));
  writeFileSync(join(folder, "core", name), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test("the migrations of the repository pass", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect(stdout + stderr).toMatch(/^\d+ files checked\n$/);
  expect(status).toBe(0);
});

test.each([
  [
    "an index that blocks writers",
    "create index t_a_idx on devora.t (a);",
    "require-concurrent-index-creation",
  ],
  ["a check that scans under a lock", "alter table devora.t add constraint c check (a > 0);", "not-valid"],
  ["a required column", "alter table devora.t add column b text not null;", "adding-required-field"],
  ["a lost column", "alter table devora.t drop column a;", "ban-drop-column"],
  ["a name without a schema", "create table t (id bigint primary key);", "require-table-schema"],
  [
    "a concurrent index inside a transaction",
    "create index concurrently if not exists t_a_idx on devora.t (a);",
    'needs the first line "-- no-transaction"',
  ],
  [
    "a concurrent index that cannot be run again",
    "-- no-transaction\ncreate index concurrently t_a_idx on devora.t (a);",
    "prefer-robust-stmts",
  ],
])("a later file with %s fails", (_name, text, rule) => {
  const { status, output } = lint("0002_t.sql", `${text}\n`);
  expect(output).toContain(rule);
  expect(status).toBe(1);
});

test.each([
  [
    "0001_t.sql",
    "create table devora.t (id uuid primary key, n integer); create index t_n_idx on devora.t (n);",
  ],
  ["0002_t.sql", "-- no-transaction\ncreate index concurrently if not exists t_a_idx on devora.t (a);"],
  ["0002_t.sql", "alter table devora.t add constraint c check (a > 0) not valid;"],
  ["0002_t.down.sql", "alter table devora.t drop column a;"],
  ["0002_t.down.sql", "-- no-transaction\ndrop index concurrently if exists devora.t_a_idx;"],
])("%s may hold: %s", (name, text) => {
  expect(lint(name, `${text}\n`)).toEqual({ status: 0, output: "1 files checked\n" });
});
