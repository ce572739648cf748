import { hasServer, killStanding, useTestDatabase } from "@devora/testing";
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

const script = new URL("../../processes/delivering.ts", import.meta.url);

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
      await killStanding(db, script, [String(url), server.url, step]);
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
