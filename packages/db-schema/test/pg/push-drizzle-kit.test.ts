import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { users, withService } from "@devora/db-schema";
import { catalogueOf, hasServer, seedUser, useTestDatabase } from "@devora/testing";
import { describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(dirname(createRequire(import.meta.url).resolve("drizzle-kit")), "bin.cjs");

/** Runs drizzle-kit as a person does, in the folder of the package. */
function drizzleKit(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, output: stdout + stderr };
}

test("generate writes the SQL of the schema", () => {
  const out = mkdtempSync(join(tmpdir(), "devora-drizzle-"));
  try {
    const options = [
      "--dialect=postgresql",
      "--schema=./src/schema/index.ts",
      `--out=${relative(folder, out)}`,
    ];
    expect(drizzleKit(["generate", ...options])).toMatchObject({ status: 0 });
    const [file] = readdirSync(out).filter((name) => name.endsWith(".sql"));
    expect(readFileSync(join(out, String(file)), "utf8")).toContain('CREATE TABLE "projects"');
    const again = drizzleKit(["generate", ...options]);
    expect(again.output).toContain("No schema changes");
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test.each(["push", "migrate", "pull", "studio"])("%s by the package's own configuration stops", (command) => {
  const { status, output } = drizzleKit([command]);
  expect(status).toBe(1);
  expect(output).toMatch(/connection "url"|dbCredentials/);
});

describe.skipIf(!hasServer())("on a server (skipped where DATABASE_URL names none)", () => {
  const database = useTestDatabase();

  test("a host's own push with the filters makes its tables and leaves ours as they are", async () => {
    const { db, url } = database;
    const userId = await seedUser(db);
    const before = await catalogueOf(db);
    const args = ["push", "--force", "--config=test/fixtures/host/drizzle.config.ts"];
    for (const _run of ["first", "second"]) {
      expect(drizzleKit(args, { HOST_DATABASE_URL: String(url) })).toMatchObject({ status: 0 });
      const after = await catalogueOf(db);
      expect(before.filter((line) => !after.includes(line))).toEqual([]);
      const added = after.filter((line) => !before.includes(line));
      expect(added.filter((line) => !/public\.(bookings|project)\b/.test(line))).toEqual([]);
      expect(added).toContainEqual(expect.stringContaining("bookings_guest_id_users_id_fk"));
    }
    expect(await withService(db, (tx) => tx.select({ id: users.id }).from(users))).toEqual([{ id: userId }]);
  });
});
