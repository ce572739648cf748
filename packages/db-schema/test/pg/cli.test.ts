import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePartitions, newId, rowsOf, users, withService } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { createEmptyDatabase, createTestDatabase, hasServer, installedModules } from "@devora/testing";
import { sql } from "drizzle-orm";
import { afterAll, describe, expect, test, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { runCli } from "../support/run-cli.ts";

// Each command is a process of its own, which a busy machine starts slowly.
vi.setConfig({ testTimeout: 300_000 });
const parent = mkdtempSync(join(tmpdir(), "devora-cli-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
const folder = join(parent, "data");
const embedded = ["--embedded", folder];

describe("usage", () => {
  test("no command: the help on stderr, 2", async () => {
    const { code, out, err } = await runCli([]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("Usage: devora-db <command>");
  });

  test("--version and --help are on stdout, 0", async () => {
    expect(await runCli(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
    const { code, out } = await runCli(["rollback", "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("--steps <n>");
  });

  test("an unknown option is refused before a database is opened", async () => {
    const { code, err } = await runCli(["migrate", "--jsn"]);
    expect(code).toBe(2);
    expect(err).toContain("Did you mean --json?");
  });

  test.each([
    ["a server that is not there", "postgres://ada:s3cret@127.0.0.1:1/shop", 1, "is reachable"],
    ["a malformed URL", "postgres://ada:s3cret@shop:port/x", 2, "malformed"],
    ["another database", "mysql://ada:s3cret@shop/x", 2, "postgres://"],
  ])("%s: what to do, no password, no stack", async (_case, url, expected, message) => {
    for (const outcome of [
      await runCli(["status", "--url", url]),
      await runCli(["status"], { databaseUrl: url }),
    ]) {
      expect(outcome.code).toBe(expected);
      expect(outcome.err).toContain(message);
      expect(outcome.err).not.toMatch(/s3cret|\n\s+at /);
    }
  });
});

// One story, because each command needs what the one before it left.
test.runIf(!hasServer())("an embedded database from nothing to nothing (embedded)", async () => {
  const json = async (...args: string[]) => {
    const outcome = await runCli([...args, "--json", ...embedded]);
    return { ...outcome, value: outcome.out === "" ? undefined : JSON.parse(outcome.out) };
  };
  const absent = await json("doctor");
  expect(absent.code).toBe(2);
  expect(absent.err).toContain(`devora-db migrate --embedded ${folder}`);
  expect(existsSync(folder)).toBe(false);

  const planned = await runCli(["migrate", "--modules", "app,metrics", "--dry-run", ...embedded]);
  expect(planned.out).toMatch(/^-- core\/0001_core, in one transaction\n/);
  expect(planned.out).toContain("create table public.users (");
  expect((await json("migrate", "--dry-run", "--modules", "app")).value.planned).toHaveLength(2);

  const first = await runCli(["migrate", "--modules", "app,metrics", ...embedded]);
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining("applied app/0001_app\n") });
  expect(first.err).toContain("analytics/0001_analytics: 3/4\n");
  expect((await json("migrate", "--modules", "app,metrics")).value).toEqual({ applied: [] });

  const states = (await json("status")).value as { module: string; state: string }[];
  expect(states.find(({ module }) => module === "app")?.state).toBe("applied");
  expect(states.find(({ module }) => module === "search")?.state).toBe("pending");

  expect(await json("doctor", "--strict")).toMatchObject({ code: 1 });
  const made = await json("partitions", "--ahead", "1");
  expect(made).toMatchObject({ code: 0, value: { created: { length: 2 }, dropped: [], kept: [] } });
  const healthy = await json("doctor", "--strict");
  expect(healthy.code).toBe(0);
  expect(new Set(healthy.value.map(({ severity }: { severity: string }) => severity))).toEqual(
    new Set(["info"]),
  );

  const seeded = await json("seed", "--size", "0.02", "--seed", "5");
  expect(seeded).toMatchObject({ code: 0, value: { seed: 5, counts: { users: 3 } } });
  expect(seeded.err).toContain("users: 3/3");
  const again = await json("seed", "--size", "0.02", "--seed", "5");
  expect(again).toMatchObject({ code: 1, out: "", err: expect.stringContaining("POPULATION_EXISTS: ") });

  const refused = await json("rollback", "--steps", "1");
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/takes back metrics\/0001_metrics.*--yes/);
  expect((await json("rollback", "--steps", "9", "--yes")).value.rolledBack).toHaveLength(4);
});

test.runIf(!hasServer())(
  "doctor prints errors first, each with its fix, and exits with 1 (embedded)",
  async () => {
    const dataDir = join(parent, "broken");
    await (async () => {
      await using database = await openEmbedded({ dataDir });
      await database.client.exec("create table notes (id int primary key, user_id uuid)");
      await database.client.exec("create schema shop; create table shop.orders (owner_id text)");
    })();
    const { code, out } = await runCli(["doctor", "--embedded", dataDir]);
    expect(code).toBe(1);
    expect(out.split("\n")[0]).toBe("error    row-security-off  public.notes");
    expect(out).toContain("fix: alter table public.notes enable row level security;");
    expect(out).toContain("errors: 1, warnings: 0, infos: 1\n");
    const shop = await runCli(["doctor", "--schemas", "shop", "--embedded", dataDir]);
    expect(shop.out).toContain("row-security-off  shop.orders");
    expect(shop.out).not.toContain("public.notes");
  },
);

test.runIf(!hasServer())(
  "Ctrl-C while seeding leaves nothing half done and exits with 130 (embedded)",
  async () => {
    const dataDir = join(parent, "stopped");
    await runCli(["migrate", "--modules", "app", "--embedded", dataDir]);
    const { code, out, err } = await runCli(["seed", "--size", "20", "--embedded", dataDir], {
      onError: (text, child) => {
        if (text.includes("users: ") && !text.includes("Stopping")) child.kill("SIGINT");
      },
    });
    expect([code, out]).toEqual([130, ""]);
    expect(err).toContain("What was under way is undone");
    await using database = await openEmbedded({ dataDir });
    expect(await withService(database.db, (tx) => tx.$count(users))).toBe(0);
  },
);

test.runIf(hasServer())("push brings a database to a file's tables, once (server)", async () => {
  const database = await createTestDatabase();
  const url = String(database.url);
  const schema = ["--schema", fileURLToPath(new URL("../fixtures/cli-schema.ts", import.meta.url))];
  const push = (...args: string[]) => runCli(["push", ...args], { databaseUrl: url });
  try {
    const statement = /create table .*bookmarks/i;
    const planned = await push("--dry-run", ...schema);
    expect(planned).toMatchObject({ code: 0, out: expect.stringMatching(statement) });
    expect(await push(...schema)).toMatchObject({ code: 0, out: expect.stringMatching(statement) });
    expect(await push(...schema)).toMatchObject({ code: 0, out: "Nothing to push.\n" });
    expect(await push("--schema", "absent.ts")).toMatchObject({ code: 2, out: "" });
  } finally {
    await database.close();
  }
});

test.runIf(hasServer())("Ctrl-C while migrating ends between two migrations (server)", async () => {
  const empty = await createEmptyDatabase();
  const modules = ["--modules", installedModules().join(",")];
  try {
    const { code, err } = await runCli(["migrate", ...modules, "--url", empty.url], {
      onError: (text, child) => {
        if (text.includes("core/0001_core") && !text.includes("Stopping")) child.kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(err).toContain("Stopped.");
    const { out } = await runCli(["status", "--json", "--url", empty.url]);
    const states = (JSON.parse(out) as { state: string }[]).map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(["applied", "pending"]));
    const again = await runCli(["migrate", ...modules, "--url", empty.url]);
    expect(again.code).toBe(0);
  } finally {
    await empty.drop();
  }
});

test.runIf(hasServer())("the commands on a server, by --url and by DATABASE_URL (server)", async () => {
  const database = await createTestDatabase();
  const url = String(database.url);
  try {
    expect(await runCli(["migrate", "--modules", "app", "--url", url])).toMatchObject({
      code: 0,
      out: "Nothing to apply: the schema is the newest.\n",
    });
    const from = new Date(Date.UTC(2024, 0, 1));
    await ensurePartitions(database.db, { from, monthsAhead: 1 });
    const events = ["a", "b"].map((distinct_id) => ({
      id: newId(),
      event: "old",
      distinct_id,
      occurred_at: "2024-01-05T12:00:00Z",
    }));
    await withService(database.db, (tx) =>
      tx.execute(sql`select devora.capture_events(${JSON.stringify(events)}::jsonb, '{}')`),
    );
    const archive = join(parent, "archive");
    const old = ["partitions", "--drop-before", "2024-02-01", "--archive", archive];
    const refused = await runCli(old, { databaseUrl: url });
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    const { code, out } = await runCli([...old, "--yes"], { databaseUrl: url });
    expect(code).toBe(0);
    const file = join(archive, "analytics_events_y2024m01.ndjson.gz");
    expect(out).toContain(`archived 2 events to ${file}\ndropped analytics_events_y2024m01\n`);

    const without = join(parent, "erased");
    writeFileSync(without, "b\n");
    const restore = ["restore", "--archive", file, "--without", without, "--json", "--url", url];
    expect(JSON.parse((await runCli(restore)).out)).toEqual({
      events: 2,
      restored: 1,
      present: 0,
      elsewhere: 0,
      skipped: 1,
    });
    expect(
      (await runCli([...old, "--yes", "--prune-ids", "31", "--json"], { databaseUrl: url })).out,
    ).toMatch(/"dropped":\["analytics_events_y2024m01"\],"kept":\[\],"pruned":2\}/);

    const healthy = await runCli(["doctor", "--json"], { databaseUrl: url });
    expect(healthy.code).toBe(0);
    const seeded = await runCli(["seed", "--size", "0.02", "--json"], { databaseUrl: url });
    expect(JSON.parse(seeded.out).counts.users).toBe(3);
    const [row] = await withService(database.db, (tx) =>
      rowsOf(tx, sql`select count(*)::int as n from users`),
    );
    expect(row?.n).toBe(3);
  } finally {
    await database.close();
  }
});
