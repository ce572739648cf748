import { createAnalytics } from "@devora/analytics";
import { type Database, newId, projects, users, withService, withUser } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";

const rounds = 500;
const warmUp = 60;

/**
 * A transaction that writes one row of the host's, and then nothing, a statement that does nothing, a second row, or
 * the event that tells of the first. Timed is what comes after the row, until it is answered, and the transaction as a
 * whole, whose commit waits for the disk ten times as long as for all else. The statement that does nothing takes what
 * the event's statement takes as its parameters: what the driver needs for any such statement, the floor.
 */
export async function inTransaction(db: Database, log: (text: string) => void): Promise<BenchRow[]> {
  log("capturing in transactions …");
  const plain = createAnalytics({ db });
  const queued = createAnalytics({ db, destinations: ["posthog"] });
  const [user] = await withService(db, (tx) => tx.select({ id: users.id }).from(users).limit(1));
  if (!user) throw new Error("the population has no users");
  const userId = user.id;
  const parameter = JSON.stringify([{ id: newId(), distinct_id: userId, context: "x".repeat(300) }]);
  const timings = await timeAfterRow(db, userId, {
    nothing: async () => {},
    floor: (tx) => tx.execute(sql`select ${parameter}::jsonb, ${sql.param([])}::text[]`),
    row: (tx) => tx.insert(projects).values(project(newId(), userId)),
    event: (tx, projectId) => plain.trackProjectCreated({ userId, projectId }, { db: tx }),
    queuedEvent: (tx, projectId) => queued.trackProjectCreated({ userId, projectId }, { db: tx }),
  });
  const { nothing, floor, row, event, queuedEvent } = timings;
  const p50 = (times: readonly number[]) => percentile(times, 0.5);
  const facts = { suite: "analytics", unit: "ms" };
  return [
    toRow({
      ...facts,
      name: "a statement with parameters in a transaction, p50",
      measured: p50(floor.after),
    }),
    toRow({ ...facts, name: "a second row in a transaction, p50", measured: p50(row.after) }),
    toRow({
      ...facts,
      name: "an event in a transaction adds before the commit, p50",
      measured: p50(event.after),
      peer: p50(floor.after),
      goal: 0.3,
    }),
    toRow({
      ...facts,
      name: "  the same with a destination",
      measured: p50(queuedEvent.after),
      peer: p50(floor.after),
    }),
    toRow({
      ...facts,
      name: "  the same beside a second row",
      measured: p50(event.after),
      peer: p50(row.after),
    }),
    toRow({
      ...facts,
      name: "an event in a transaction adds with the commit, p50",
      measured: p50(event.whole) - p50(nothing.whole),
      peer: p50(row.whole) - p50(nothing.whole),
    }),
  ];
}

const project = (id: string, userId: string) => ({ id, userId, name: "benchmark", deletedAt: new Date() });

interface Times {
  after: number[];
  whole: number[];
}

/** Round by round each variant once, in an order that turns, so that none always comes after the same one. */
async function timeAfterRow<Name extends string>(
  db: Database,
  userId: string,
  variants: Record<Name, (tx: Database, projectId: string) => Promise<unknown>>,
): Promise<Record<Name, Times>> {
  const names = Object.keys(variants) as Name[];
  const times = Object.fromEntries(
    names.map((name) => [name, { after: [], whole: [] }]),
  ) as unknown as Record<Name, Times>;
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name;
      const start = performance.now();
      const after = await withUser(db, userId, async (tx) => {
        const id = newId();
        await tx.insert(projects).values(project(id, userId));
        const before = performance.now();
        await variants[name](tx, id);
        return performance.now() - before;
      });
      if (round < warmUp) continue;
      times[name].after.push(after);
      times[name].whole.push(performance.now() - start);
    }
  }
  return times;
}
