import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  archiveTo,
  dropPartitionsBefore,
  ensurePartitions,
  readArchive,
  restoreArchive,
} from "@devora/db-schema";
import { hasServer, killStanding, useTestDatabase } from "@devora/testing";
import { describe, expect, test } from "vitest";
import { steps } from "../processes/archive-steps.ts";
import { captureInto, wholeEvents } from "../support/events.ts";

const script = new URL("../processes/archiving.ts", import.meta.url);

describe.skipIf(!hasServer())(
  "kill -9 of a process that archives (skipped on PGlite: two processes cannot share it)",
  () => {
    const database = useTestDatabase();

    test.each(Object.entries(steps))(
      "%s: no event is lost, no part taken for a whole, and the next run finishes",
      async (step, { files, attached = false }) => {
        const { db, url } = database;
        const folder = mkdtempSync(join(tmpdir(), "devora-archive-kill-"));
        try {
          await ensurePartitions(db, { from: new Date("2016-01-01"), monthsAhead: 0 });
          await captureInto(db, "2016-01", 250);
          const before = await wholeEvents(db, "2016-01");
          await killStanding(db, script, [String(url), folder, "2016-02-01", step]);
          const left = readdirSync(folder).sort();
          expect(left).toEqual(files.map((name) => expect.stringMatching(name)));
          expect(await wholeEvents(db, "2016-01")).toEqual(attached ? before : []);
          const file = join(folder, "analytics_events_y2016m01.ndjson.gz");
          const readable = readArchive(file)
            .next()
            .then(
              () => true,
              () => false,
            );
          expect(await readable).toBe(existsSync(file));

          const day = new Date("2016-02-01");
          expect(await dropPartitionsBefore(db, day, { archive: archiveTo(folder) })).toEqual({
            dropped: ["analytics_events_y2016m01"],
            kept: [],
          });
          expect(readdirSync(folder).filter((name) => !name.endsWith(".part"))).toHaveLength(2);
          expect((await restoreArchive(db, file)).restored).toBe(before.length);
          expect(await wholeEvents(db, "2016-01")).toEqual(before);
          await dropPartitionsBefore(db, day);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );
  },
);
