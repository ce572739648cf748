import { needsEveryLane } from "@devora/testing";
import { isInstalled } from "@devora/testing/servers";
import postgres from "postgres";
import { describe, expect, inject, test } from "vitest";
import { runSoak, victims } from "../../soak/run-soak.ts";

/** Why it does not run here; undefined where it does. */
async function whySkipped(): Promise<string | undefined> {
  const template = inject("testTemplate");
  if (template.kind === "folder") {
    return "PGlite ends with its process: a crash of the database needs a server, DATABASE_URL";
  }
  const sql = postgres(template.url, { max: 1 });
  const [row] = await sql<
    { version: number }[]
  >`select current_setting('server_version_num')::int as version`;
  await sql.end();
  if (row !== undefined && row.version < 180_000) return "with PostgreSQL 18 alone, for its time";
  // The server of DATABASE_URL is others' too, and must not be killed.
  if (!needsEveryLane() && !isInstalled("18")) return "the programs of PostgreSQL 18 are not installed here";
  return undefined;
}

const reason = await whySkipped();

describe.skipIf(reason !== undefined)(
  `kill -9 of hosts, workers and PostgreSQL${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    test("loses, doubles and changes nothing that was acknowledged", async () => {
      const seed = Math.floor(Math.random() * 1e9);
      console.log(`seed ${seed}; again for longer: pnpm soak:analytics --minutes 5 --seed ${seed}`);
      const { faults, counts, kills } = await runSoak({ seed, goOn: () => false });
      expect(faults).toEqual([]);
      expect(counts).toMatchObject({ pending: 0, leased: 0, captured: counts.sent + counts.parked });
      expect(counts.delivered + counts.liedAbout).toBe(counts.sent);
      // It is no proof where nothing happened.
      expect(counts.acknowledged).toBeGreaterThan(500);
      expect(counts.twice).toBeGreaterThan(0);
      for (const victim of victims) expect(kills[victim]).toBeGreaterThan(0);
      // A quarter of a minute, and several times that where others keep the cores busy.
    }, 240_000);
  },
);
