import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts the built host as a user does, asks it over HTTP, stops it in every way, and starts it again. */

const main = join(import.meta.dirname, "../dist/main.js");
const folder = mkdtempSync(join(tmpdir(), "devora-smoke-"));
const imported = join(folder, "notes");
const demo = ["--demo", "--size", "0.1", "--data", join(folder, "data"), "--import", imported, "--port", "0"];
const startTimeoutMs = 120_000;

interface Run {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

function run(args: string[], environment: Record<string, string> = {}): Run {
  const { DATABASE_URL: _url, OPENAI_API_KEY: _key, OPENAI_BASE_URL: _base, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...inherited, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output, exited: once(child, "exit").then(([code]) => code as number | null) };
}

async function until<T>(answer: () => T | undefined | false, host: Run): Promise<T> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const found = answer();
    if (found) return found;
    if (host.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The host did not get that far:\n${host.output()}`);
}

const ready = (host: Run): Promise<string> =>
  until(() => /Ready in .*: (http:\S+)/.exec(host.output())?.[1], host);

const pass = (what: string) => console.log(`ok  ${what}`);
const json = async (response: Response) => (await response.json()) as Record<string, never>;

async function askEverything(url: string): Promise<void> {
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const search = await json(await fetch(`${url}/api/search?q=${encodeURIComponent("marmalade oranges")}`));
  const [first] = search.results as unknown as { type: string; snippet: { text: string; hit: boolean }[] }[];
  assert.equal(first?.type, "files");
  assert.ok(
    first.snippet.some(({ text, hit }) => hit && /marmalade/i.test(text)),
    "the hit is highlighted",
  );

  const misspelt = await json(await fetch(`${url}/api/search?q=marmelade`));
  assert.equal(misspelt.correctedQuery, "marmalade");
  assert.equal((await fetch(`${url}/api/search?q=marmalade&cursor=x`)).status, 400);

  const ask = (accept: string) =>
    fetch(`${url}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ message: "How long does marmalade boil?" }),
    });
  const chat = await json(await ask("application/json"));
  const [context] = chat.contexts as unknown as { text: string }[];
  assert.match(context?.text ?? "", /boil for 40 minutes/);
  assert.match(String(chat.notice), /OPENAI_API_KEY/);
  assert.match(await (await ask("text/event-stream")).text(), /^event: sources$/m);

  const dashboard = await json(await fetch(`${url}/api/dashboard`));
  assert.ok((dashboard.userMetrics as unknown as { totalUsers: { value: number } }).totalUsers.value >= 10);
  for (const path of [
    "/",
    "/?q=marmalade",
    "/search/results?q=marmalade",
    "/api/search/suggestions?q=marm",
    "/chat",
    "/dashboard",
    "/assets/app.js",
    "/assets/htmx.js",
    "/assets/uplot.js",
  ]) {
    assert.equal((await fetch(url + path)).status, 200, path);
  }
  assert.equal((await fetch(`${url}/api/projects/0190a6c2-0000-7000-8000-000000000001`)).status, 404);
  assert.equal((await fetch(`${url}/api/search`)).status, 400);
}

async function smoke(): Promise<void> {
  mkdirSync(imported);
  writeFileSync(
    join(imported, "marmalade.md"),
    "# Marmalade\n\nSlice the oranges thinly. Let the marmalade boil for 40 minutes.\n",
  );
  writeFileSync(join(imported, "picture.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]));

  const first = run(demo);
  await askEverything(await ready(first));
  assert.match(first.output(), /1 files.*skipped 1 binary/);
  pass("a first start imports, and every route answers");

  const second = run(demo);
  assert.equal(await second.exited, 1);
  assert.match(second.output(), /has the folder .* open/);
  pass("a second process is kept off the folder");

  first.child.kill("SIGINT");
  assert.equal(await first.exited, 0);
  const again = run(demo);
  await askEverything(await ready(again));
  assert.match(again.output(), /Reusing the population/);
  pass("Ctrl-C leaves a database that the next start reuses");

  again.child.kill("SIGKILL");
  await again.exited;
  const afterKill = run(demo);
  await askEverything(await ready(afterKill));
  afterKill.child.kill("SIGTERM");
  assert.equal(await afterKill.exited, 0);
  pass("so does kill -9");

  const cutData = join(folder, "cut");
  const cut = run([...demo, "--data", cutData, "--size", "0.5"]);
  await until(() => cut.output().includes("Make users"), cut);
  cut.child.kill("SIGINT");
  await cut.exited;
  const afterCut = run([...demo, "--data", cutData]);
  await askEverything(await ready(afterCut));
  // On a quick machine the population may be complete before the signal is seen.
  assert.match(
    afterCut.output(),
    /cut off while it filled the database; starting anew|Reusing the population/,
  );
  afterCut.child.kill("SIGTERM");
  assert.equal(await afterCut.exited, 0);
  pass("Ctrl-C while it fills the database is made good by the next start");

  const refused = run([...demo, "--data", imported, "--reset"]);
  assert.equal(await refused.exited, 1);
  assert.match(refused.output(), /holds files but no database/);
  pass("--reset deletes no folder but a database's");

  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const busy = run([...demo.slice(0, -1), String(port)]);
  assert.equal(await busy.exited, 1);
  assert.match(busy.output(), new RegExp(`Port ${port} is in use.*PORT=`));
  blocker.close();
  pass("a busy port is named, with what to do");

  const unreachable = run(["--port", "0"], { DATABASE_URL: "postgres://me:s3cret@127.0.0.1:1/none" });
  assert.equal(await unreachable.exited, 1);
  assert.match(unreachable.output(), /DATABASE_URL \(127\.0\.0\.1:1\/none\) cannot be used.*unset it/s);
  assert.doesNotMatch(unreachable.output(), /s3cret/);
  pass("an unreachable DATABASE_URL is named, without its password");
}

/** What the README promises of a demo over this repository's own files. */
async function askRepository(): Promise<void> {
  const data = join(folder, "repository");
  const host = run(["--demo", "--size", "0.1", "--data", data, "--port", "0"]);
  const url = await ready(host);
  const search = await json(await fetch(`${url}/api/search?q=${encodeURIComponent("row level security")}`));
  const results = search.results as unknown as { title: string; snippet: { text: string; hit: boolean }[] }[];
  const documentation = results.find(({ title }) => title.endsWith(".md"));
  assert.ok(
    documentation?.snippet.some(({ hit }) => hit),
    "the documentation is found, with highlights",
  );

  const chat = await json(
    await fetch(`${url}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message: "How do I scope queries to one user?" }),
    }),
  );
  const titles = (chat.contexts as unknown as { title: string }[]).map(({ title }) => title);
  assert.ok(
    titles.some((title) => title.startsWith("packages/db-schema/src/scope.ts")),
    `the file that defines withUser is among the sources: ${titles.join(", ")}`,
  );
  host.child.kill("SIGTERM");
  assert.equal(await host.exited, 0);
  pass("the demo answers from this repository's own files");
}

try {
  await smoke();
  await askRepository();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
