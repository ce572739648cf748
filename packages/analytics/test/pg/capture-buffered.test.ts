import { analyticsEvents, newId, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createAnalytics, type LostEvent } from "../../src/index.ts";

const database = useTestDatabase();
const kept = (userId: string) =>
  withService(database.db, (tx) => tx.$count(analyticsEvents, eq(analyticsEvents.distinctId, userId)));

test("thousands of buffered events are written once each", async () => {
  const analytics = createAnalytics({ db: database.db });
  const userId = newId();
  const ids = Array.from({ length: 2500 }, () =>
    analytics.captureBuffered({ event: "user_logged_in", userId }),
  );
  expect(new Set(ids.map(({ id }) => id)).size).toBe(2500);
  analytics.captureBuffered({ event: "user_logged_in", userId, id: ids[0]?.id });
  expect(await analytics.close()).toEqual({ remaining: 0 });
  expect(await kept(userId)).toBe(2500);
  expect(analytics.stats()).toMatchObject({ captured: 2500, duplicate: 1, lost: 0, buffered: 0 });
});

test("one event that the database refuses costs no other", async () => {
  const lost: LostEvent[] = [];
  const analytics = createAnalytics({ db: database.db, onLost: (event) => lost.push(event) });
  const userId = newId();
  const capture = (sessionId: string) =>
    analytics.captureBuffered({ event: "user_logged_in", userId, sessionId });
  // A rule of the host's own on the table.
  await database.db.execute(
    sql`alter table devora.analytics_events add constraint no_poison check (session_id <> 'poison')`,
  );
  try {
    for (let n = 0; n < 10; n++) capture("a");
    const poison = capture("poison");
    for (let n = 0; n < 10; n++) capture("b");
    await analytics.flush();
    expect(await kept(userId)).toBe(20);
    expect(lost).toMatchObject([{ id: poison.id, event: "user_logged_in", reason: "refused" }]);
    expect(analytics.stats()).toMatchObject({ captured: 20, lost: 1, buffered: 0 });
  } finally {
    await database.db.execute(sql`alter table devora.analytics_events drop constraint no_poison`);
  }
});
