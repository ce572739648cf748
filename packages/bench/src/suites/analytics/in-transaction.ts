import { createAnalytics } from "@devora/analytics";
import { type Database, newId, projects, users, withService, withUser } from "@devora/db-schema";
import { measure } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";

/** A transaction that writes one row of the host's, with and without the event that tells of it. */
export async function inTransaction(db: Database, log: (text: string) => void): Promise<BenchRow[]> {
  log("capturing in transactions …");
  const analytics = createAnalytics({ db });
  const [user] = await withService(db, (tx) => tx.select({ id: users.id }).from(users).limit(1));
  if (!user) throw new Error("the population has no users");
  const write = (after: (tx: Database, projectId: string) => Promise<unknown>) =>
    withUser(db, user.id, async (tx) => {
      const id = newId();
      await tx.insert(projects).values({ id, userId: user.id, name: "benchmark", deletedAt: new Date() });
      await after(tx, id);
    });
  const timings = await measure(
    {
      row: () => write(async () => {}),
      rowAndEvent: () =>
        write((tx, projectId) => analytics.trackProjectCreated({ userId: user.id, projectId }, { db: tx })),
    },
    { runs: 500, warmUp: 50 },
  );
  return [
    toRow({
      suite: "analytics",
      name: "an event in a transaction adds, p50",
      measured: timings.rowAndEvent.p50 - timings.row.p50,
      unit: "ms",
      goal: 0.3,
    }),
  ];
}
