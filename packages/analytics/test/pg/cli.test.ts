import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, migrate } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { hasServer, useTestDatabase } from "@devora/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAnalytics, createDeliveryQueue } from "../../src/index.ts";
import { type PosthogServer, startPostHogServer } from "../../src/testing.ts";
import { type Outcome, runCli, runHere } from "../support/run-cli.ts";
import { startAfresh, tally } from "./delivery/deliveries.ts";

// Some commands are processes of their own, which a busy machine starts slowly.
vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "devora-analytics-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = { POSTHOG_API_KEY: "phc_secret_key", POSTHOG_PERSONAL_API_KEY: "phx_secret_key" };
const dayMs = 86_400_000;
const midnight = new Date(Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs);
const dayOf = (date: Date) => date.toISOString().slice(0, 10);
const day = dayOf(midnight);

async function capture(db: Database, count: number, destinations = ["posthog"]): Promise<string[]> {
  const events = Array.from({ length: count }, (_, n) => ({
    event: "user_logged_in" as const,
    userId: "ada@example.com",
    sessionId: n === 1 ? "poison" : "fine",
    occurredAt: new Date(midnight.getTime() + n * 1_000),
  }));
  const results = await createAnalytics({ db, destinations, mode: "strict" }).captureMany(events);
  return results.map(({ id }) => id).sort();
}

const startServer = (options = {}): Promise<PosthogServer> =>
  startPostHogServer({
    apiKey: keys.POSTHOG_API_KEY,
    query: { personalApiKey: keys.POSTHOG_PERSONAL_API_KEY, projectId: "17" },
    ...options,
  });

describe.runIf(hasServer())("on a server", () => {
  const database = useTestDatabase();
  beforeEach(() => startAfresh(database.db));
  /** Runs a command, here or as a process; nothing that it says may have a secret, or a value of an event. */
  async function cli(args: string[], start: typeof runCli = runHere): Promise<Outcome & { value: unknown }> {
    const outcome = await start(args, { ...keys, DATABASE_URL: String(database.url) });
    const password = new URL(String(database.url)).password;
    for (const text of [outcome.out, outcome.err]) {
      expect(text).not.toMatch(/secret_key|ada@example|\n\s+at /);
      if (password !== "") expect(text).not.toContain(`:${password}@`);
    }
    return { ...outcome, value: args.includes("--json") ? JSON.parse(outcome.out) : undefined };
  }

  test("flush, parked, reconcile and status, as one would use them", async () => {
    const { db } = database;
    const ids = await capture(db, 30);
    let isLying = true;
    await using server = await startServer({
      refuses: ({ properties }: { properties: Record<string, unknown> }) =>
        properties.$session_id === "poison",
      drops: ({ uuid }: { uuid: string }) => isLying && ids.indexOf(uuid) > 26,
    });
    const flush = await cli(["flush", "--posthog-host", server.url, "--json"], runCli);
    expect(flush.code).toBe(1);
    expect(flush.value).toEqual([
      { destination: "posthog", sent: 29, parked: 1, removed: 0, left: 0, failure: null },
    ]);
    expect(flush.err).toContain("deliver: 30/30");
    const parked = await cli(["parked"]);
    expect(parked.out).toMatch(
      /^id +event +occurred +attempts +reason\n\S{36} +user_logged_in +\S+ +1 +HTTP 400\n$/,
    );
    expect((await cli(["parked", "--json"])).value).toMatchObject([
      { event: "user_logged_in", reason: "HTTP 400" },
    ]);

    isLying = false;
    const asked = ["reconcile", "--day", day, "--posthog-host", server.url, "--posthog-project", "17"];
    const planned = await cli([...asked, "--lag-minutes", "0", "--dry-run"]);
    expect(planned.code).toBe(1);
    expect(planned.out).toMatch(/^missing +3$/m);
    expect(planned.out).toMatch(/^requeued +0$/m);
    const found = await cli([...asked, "--lag-minutes", "0", "--json"]);
    expect(found.value).toMatchObject({ captured: 30, missing: 3, requeued: 3, missingIds: ids.slice(27) });
    expect((await cli(["parked", "--retry"])).out).toBe("queued 1 again\n");
    const status = await cli(["status"], runCli);
    expect(status.code).toBe(0);
    expect(status.out).toMatch(
      /^destination +pending +leased +parked +sent in 24 h +oldest\nposthog +4 +0 +0 +26 +\d+ s\n$/,
    );
    expect(server.violations).toEqual([]);
  });

  test("replay counts, queues and goes on; a config says where to, and is closed", async () => {
    const { db } = database;
    await capture(db, 10, []);
    const to = dayOf(new Date(midnight.getTime() + dayMs));
    const range = ["replay", "--from", day, "--to", to, "--destination", "mine"];
    expect((await cli([...range, "--dry-run"])).out).toBe(
      "would queue 10 of 10 events, 0 again; 0 opted out since\n",
    );
    expect(await tally(db)).toMatchObject({ pending: 0 });
    expect(await cli([...range, "--json"])).toMatchObject({ code: 0, value: { read: 10, queued: 10 } });
    expect((await cli(["status", "--json"])).value).toMatchObject([{ destination: "mine", pending: 10 }]);

    const config = join(folder, "analytics.config.mjs");
    const sent = join(folder, "sent.txt");
    writeFileSync(
      config,
      `import { appendFileSync } from "node:fs";
       const note = ${JSON.stringify(sent)};
       export default async () => ({
         destinations: { mine: { send: async (events) => appendFileSync(note, events.length + "\\n") } },
         readers: { mine: { listIds: async () => [] } },
         close: () => appendFileSync(note, "closed\\n"),
       });`,
    );
    const flush = await cli(["flush", "--config", config]);
    expect(flush).toMatchObject({ code: 0, out: expect.stringMatching(/^mine +10 +0 +0 +0 +-$/m) });
    expect(readFileSync(sent, "utf8")).toBe("10\nclosed\n");
    // Sent a moment ago: not judged.
    const young = await cli([
      "reconcile",
      "--day",
      day,
      "--destination",
      "mine",
      "--config",
      config,
      "--json",
    ]);
    expect(young).toMatchObject({ code: 1, value: { captured: 10, unjudged: 10, missing: 0 } });
  });

  test("what fails is left in the queue, and events of the host's own catalogue are not parked", async () => {
    const { db } = database;
    await capture(db, 3);
    await using server = await startServer({ script: () => ({ status: 503 }) });
    const down = await cli(["flush", "--posthog-host", server.url, "--json"]);
    expect(down.code).toBe(1);
    expect(down.value).toMatchObject([{ sent: 0, left: 3, failure: "HTTP 503" }]);
    const own = createAnalytics({
      db,
      destinations: ["posthog"],
      catalogue: { book_borrowed: { description: "d", properties: {} } },
    });
    await own.capture({ event: "book_borrowed", userId: "u" });
    const refused = await cli(["flush", "--posthog-host", server.url]);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("book_borrowed") });
    const queue = createDeliveryQueue({ db });
    expect(await queue.stats()).toMatchObject([{ pending: 4, parked: 0 }]);
    const denied = await cli([
      "reconcile",
      "--day",
      day,
      "--posthog-host",
      server.url,
      "--posthog-project",
      "18",
    ]);
    expect(denied).toMatchObject({ code: 1, out: "", err: expect.stringContaining("READ_FAILED") });
  });
});

describe.runIf(!hasServer())("on an embedded database (with a server: by its URL)", () => {
  const data = join(folder, "data");
  beforeAll(async () => {
    const { db, client, close } = await openEmbedded({ dataDir: data });
    await migrate({ client, modules: ["analytics"] });
    await capture(db, 2);
    await close();
  });

  test("flush delivers what is in the folder", async () => {
    await using server = await startServer();
    const { code, out } = await runCli(
      ["flush", "--embedded", data, "--posthog-host", server.url, "--json"],
      keys,
    );
    expect(JSON.parse(out)).toMatchObject([{ sent: 2, left: 0 }]);
    expect(code).toBe(0);
    expect(server.events.size).toBe(2);
  });
});
