import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Database, rowsOf } from "@devora/db-schema";
import { hasServer, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { startPostHogServer } from "../../../src/testing.ts";
import { steps } from "../../processes/delivery-steps.ts";
import {
  captureEvents,
  deliver,
  faultsOf,
  posthogWorker,
  startAfresh,
  tally,
  timePasses,
} from "./deliveries.ts";

const script = fileURLToPath(new URL("../../processes/delivering.ts", import.meta.url));

/** Runs a worker until it stands at the step, kills it, and waits until the server has noticed. */
async function killAt(db: Database, url: string, host: string, step: string): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=@devora/source", script, url, host, step], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const closed = once(child, "close");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line"),
    closed.then(() => [`it ended: ${errors}`]),
  ]);
  expect(line).toEqual(["standing"]);
  child.kill("SIGKILL");
  await closed;
  const connections = sql`select pid from pg_stat_activity where application_name = 'doomed' and datname = current_database()`;
  while ((await rowsOf(db, connections)).length > 0);
}

describe.skipIf(!hasServer())(
  "kill -9 of a delivery worker (skipped on PGlite: two processes cannot share it)",
  () => {
    const database = useTestDatabase();
    beforeEach(() => startAfresh(database.db));

    test.each(Object.entries(steps))("%s loses nothing", async (step, { sent, served }) => {
      const { db, url } = database;
      const ids = await captureEvents(db, 40, (n) => (n === 39 ? "poison" : "fine"));
      await using server = await startPostHogServer({
        refuses: ({ properties }) => properties.$session_id === "poison",
      });
      await killAt(db, String(url), server.url, step);
      expect(await tally(db)).toMatchObject({ captured: 40, sent, parked: 0 });
      expect(server.events.size > 0).toBe(served);

      await timePasses(db);
      const worker = posthogWorker(db, server, { maxAttempts: 1 });
      while ((await deliver(worker)).claimed > 0);
      expect(await tally(db)).toEqual({ captured: 40, sent: 39, parked: 1, pending: 0, leased: 0 });
      expect(faultsOf(server, ids.slice(0, 39))).toEqual([]);
    });
  },
);
