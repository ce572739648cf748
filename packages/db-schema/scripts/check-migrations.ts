import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { isTransactional } from "../src/migrations/migration.ts";

// Lints migrations: check-migrations.ts [folder of modules]. Exits with 1 when a file breaks a rule.
const root = join(import.meta.dirname, "../../..");
const folder = resolve(process.argv[2] ?? join(root, "migrations/postgres"));

const everywhere = [
  // The runner sets it for each migration, and tries again while a table is in use.
  "require-lock-timeout",
  // How long a statement may take depends on the database's size: a setting of the migrating login.
  "require-statement-timeout",
];
/** What each kind of file is excused from. */
const kinds = [
  // To take back is to drop.
  { has: isDown, exclude: ["ban-drop-table", "ban-drop-column"] },
  // Ordinals, counts of tokens and numbers of attempts stay small; keys are UUIDs or bigint.
  { has: isFirst, exclude: ["prefer-bigint-over-int", "prefer-bigint-over-smallint"] },
  // Later files meet tables that are full and in use.
  { has: (path: string) => !isDown(path) && !isFirst(path), exclude: [] },
];

const files = globSync("**/*.sql", { cwd: folder }).sort();
const textOf = (path: string) => readFileSync(join(folder, path), "utf8");
const results = kinds.flatMap(({ has, exclude }) => {
  const paths = files.filter(has);
  const outside = paths.filter((path) => !isTransactional(textOf(path)));
  return [
    squawk(
      paths.filter((path) => !outside.includes(path)),
      exclude,
    ),
    squawk(outside, exclude, "--no-assume-in-transaction"),
  ];
});

const concurrent = /\b(create\s+(unique\s+)?index|drop\s+index|reindex\s+\w+)\s+concurrently\b/i;
const misplaced = files.filter((file) => isTransactional(textOf(file)) && concurrent.test(textOf(file)));
for (const file of misplaced) {
  console.error(`${file}: concurrently needs the first line "-- no-transaction", and a file of its own`);
}
console.log(`${files.length} files checked`);
process.exitCode = files.length > 0 && misplaced.length === 0 && results.every((passed) => passed) ? 0 : 1;

function isDown(path: string): boolean {
  return path.endsWith(".down.sql");
}

function isFirst(path: string): boolean {
  return !isDown(path) && basename(path).startsWith("0001_");
}

/** Whether the files pass. */
function squawk(paths: readonly string[], exclude: readonly string[], ...options: string[]): boolean {
  if (paths.length === 0) return true;
  const { status, error } = spawnSync(
    join(root, "node_modules/.bin/squawk"),
    [
      ...["--config", join(root, ".config/squawk.toml"), "--reporter", "gcc", ...options],
      ...[...everywhere, ...exclude].map((rule) => `--exclude=${rule}`),
      ...paths,
    ],
    { cwd: folder, stdio: "inherit" },
  );
  if (error) throw error;
  return status === 0;
}
