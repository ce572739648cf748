import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { createProgress } from "../../src/cli/progress.ts";
import { redact } from "../../src/cli/redact.ts";
import { table } from "../../src/cli/table.ts";
import { runCli, runHere } from "../support/run-cli.ts";

const url = "postgres://ada:s3cr3t@127.0.0.1:1/shop";

test("as a process: the version on stdout, a server that is not there, no password", async () => {
  expect(await runCli(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
  const { code, out, err } = await runCli(["status", "--database-url", url]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).not.toMatch(/s3cr3t|\n\s+at /);
});

test("help is on stdout where it was asked for, else on stderr with 2", async () => {
  expect(await runHere([])).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("Usage: devora-analytics"),
  });
  expect(await runHere(["--help"])).toMatchObject({ code: 0, err: "" });
  for (const command of ["status", "flush", "parked", "replay", "reconcile"]) {
    const { code, out } = await runHere([command, "--help"]);
    expect([code, out.split("\n")[0]]).toEqual([0, `Usage: devora-analytics ${command} [options]`]);
    expect(out).toContain("--database-url <url>");
  }
});

const range = ["--from", "2026-11-01", "--to", "2026-11-02"];
const key = { POSTHOG_API_KEY: "phc_secret", POSTHOG_PERSONAL_API_KEY: "phx_secret", DATABASE_URL: url };
test.each<[string, string[], string]>([
  ["no such command", ["postgres://ada:s3cr3t@h/x"], "Name a command first"],
  ["an unknown option", ["status", "--jsn"], "no option --jsn"],
  ["an argument too many", ["status", "s3cr3t"], "argument 1"],
  ["an option without its value", ["replay", "--from"], "--from"],
  ["two databases", ["status", "--database-url", url, "--embedded", "x"], "either"],
  ["a folder without database", ["status", "--embedded", "/nonexistent"], "--embedded"],
  ["another database", ["status", "--database-url", "mysql://ada:s3cr3t@h/x"], "postgres://"],
  ["a malformed URL", ["status", "--database-url", "postgres://ada:s3cr3t@h:port/x"], "malformed"],
  ["a config that is not there", ["flush", "--config", "nowhere.js"], "there is no file"],
  ["flush without destination", ["flush"], "--posthog-host"],
  ["flush to no URL", ["flush", "--posthog-host", "phc_secret"], "host"],
  ["replay without destination", ["replay", ...range], "--destination"],
  [
    "a time without zone",
    ["replay", "--destination", "x", "--from", "2026-11-01T10:00", "--to", "2026-11-02"],
    "--from",
  ],
  [
    "a day that is none",
    ["replay", "--destination", "x", "--from", "2026-02-30x", "--to", "2026-11-02"],
    "--from",
  ],
  ["a destination that cannot be", ["parked", "--destination", "Post Hog"], "--destination"],
  ["ids without retry", ["parked", "--ids", "a"], "--retry"],
  ["a limit too large", ["parked", "--limit", "1001"], "--limit"],
  ["reconcile without reader", ["reconcile", "--day", "2026-11-01"], "readers.posthog"],
  ["reconcile without day", ["reconcile"], "--day"],
])("%s: 2, and why, before a database is opened", async (_, args, why) => {
  const { code, out, err } = await runHere(args, key);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(why);
  expect(err).not.toMatch(/s3cr3t|phc_secret|phx_secret/);
});

test("what a host's module says of its key is not repeated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "devora-analytics-config-"));
  const config = join(folder, "broken.mjs");
  writeFileSync(config, "throw new Error('no such key: phc_secret');");
  const { code, err } = await runHere(["flush", "--config", config], key);
  rmSync(folder, { recursive: true });
  expect(code).toBe(1);
  expect(err).toContain("no such key: ***");
});

test("secrets leave a text, a password that its URL does not show whole too", () => {
  const text = `cannot reach ${url} (ada:s3cr3t@127.0.0.1) with phx_1`;
  expect(redact(text, [url, undefined, "", "phx_1"])).toBe("cannot reach *** (ada:***@127.0.0.1) with ***");
});

test("progress is a bar in a terminal, and a line a quarter elsewhere", () => {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const bar = createProgress({ isTTY: true, write });
  bar.update("replay", 1, 2);
  bar.close();
  bar.close();
  expect(written).toEqual([`\rreplay ${"█".repeat(15)}${"░".repeat(15)} 1/2`, "\r\x1b[K"]);
  written.length = 0;
  const lines = createProgress({ isTTY: false, write });
  for (let done = 0; done <= 8; done++) lines.update("replay", done, 8);
  lines.close();
  expect(written).toEqual(["replay: 2/8\n", "replay: 4/8\n", "replay: 6/8\n", "replay: 8/8\n"]);
});

test("a table has columns as wide as they need, figures to the right", () => {
  expect(
    table(
      ["name", "n"],
      [
        ["a", 5],
        ["longer", 12_000],
      ],
    ),
  ).toEqual(["name        n", "a           5", "longer  12000"]);
});
