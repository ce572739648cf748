import { analyticsEvents, newId, withService } from "@devora/db-schema";
import { hasServer, startProcess, useTestDatabase } from "@devora/testing";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";

const script = new URL("../processes/buffering.ts", import.meta.url);

describe.skipIf(!hasServer())(
  "buffered events of a process that ends (skipped on PGlite: two processes cannot share it)",
  () => {
    const database = useTestDatabase();
    const kept = (userId: string) =>
      withService(database.db, (tx) => tx.$count(analyticsEvents, eq(analyticsEvents.distinctId, userId)));

    function start(task: "end" | "signal" | "flush") {
      const userId = newId();
      return { userId, ...startProcess(script, [String(database.url), task, userId]) };
    }

    test("by itself loses nothing", async () => {
      const { userId, ended } = start("end");
      expect(await ended).toEqual([0, null]);
      expect(await kept(userId)).toBe(1000);
    });

    test("at a signal writes all, and still ends by the signal", async () => {
      const { userId, standing, kill } = start("signal");
      expect(await standing).toBe("standing");
      expect(await kill("SIGTERM")).toEqual([null, "SIGTERM"]);
      expect(await kept(userId)).toBe(700);
    });

    test("by kill -9 loses no more than what was not flushed", async () => {
      const { userId, standing, kill } = start("flush");
      expect(await standing).toBe("standing");
      await kill("SIGKILL");
      expect(await kept(userId)).toBe(700);
    });
  },
);
