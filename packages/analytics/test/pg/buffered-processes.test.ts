import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { analyticsEvents, newId, withService } from "@devora/db-schema";
import { hasServer, useTestDatabase } from "@devora/testing";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../processes/buffering.ts", import.meta.url));

describe.skipIf(!hasServer())(
  "buffered events of a process that ends (skipped on PGlite: two processes cannot share it)",
  () => {
    const database = useTestDatabase();
    const kept = (userId: string) =>
      withService(database.db, (tx) => tx.$count(analyticsEvents, eq(analyticsEvents.distinctId, userId)));

    function start(task: "end" | "signal" | "flush") {
      const userId = newId();
      const child = spawn(
        process.execPath,
        ["--conditions=@devora/source", script, database.url ?? "", task, userId],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const standing = once(createInterface(child.stdout), "line");
      return { userId, child, standing, closed: once(child, "close") };
    }

    test("by itself loses nothing", async () => {
      const { userId, closed } = start("end");
      expect(await closed).toEqual([0, null]);
      expect(await kept(userId)).toBe(1000);
    });

    test("at a signal writes all, and still ends by the signal", async () => {
      const { userId, child, standing, closed } = start("signal");
      expect(await standing).toEqual(["standing"]);
      child.kill("SIGTERM");
      expect(await closed).toEqual([null, "SIGTERM"]);
      expect(await kept(userId)).toBe(700);
    });

    test("by kill -9 loses no more than what was not flushed", async () => {
      const { userId, child, standing, closed } = start("flush");
      expect(await standing).toEqual(["standing"]);
      child.kill("SIGKILL");
      await closed;
      expect(await kept(userId)).toBe(700);
    });
  },
);
