import {
  analyticsEvents,
  analyticsOutbox,
  newId,
  rowsOf,
  searchQueries,
  withService,
  withUser,
} from "@devora/db-schema";
import { installedModules } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { describeDrivers } from "./drivers.ts";

const eventOf = (ownerId: string, values: object = {}) => ({
  id: newId(),
  event: "project created",
  distinct_id: ownerId,
  owner_id: ownerId,
  occurred_at: "2026-03-01T10:00:00.123456Z",
  properties: { title: "L'été – 夏 🎈", amount: 12.5 },
  ...values,
});

describeDrivers((database) => {
  test("capture_events keeps and queues in the user's transaction, and reports each event", async () => {
    const { db } = database;
    const [mine, foreign] = [eventOf("ada"), eventOf("eve")];
    const capture = (events: object[]) => sql`
      select id::text, outcome from devora.capture_events(${JSON.stringify(events)}::jsonb, ${sql.param(["posthog"])}::text[])`;
    const outcomes = await withUser(db, "ada", (tx) => rowsOf(tx, capture([mine, foreign])));
    expect(new Map(outcomes.map((row) => [row.id, row.outcome]))).toEqual(
      new Map([
        [mine.id, "accepted"],
        [foreign.id, "foreign_owner"],
      ]),
    );
    expect(await withUser(db, "ada", (tx) => rowsOf(tx, capture([mine])))).toEqual([
      { id: mine.id, outcome: "duplicate" },
    ]);
    const [kept] = await withService(db, (tx) =>
      tx.select().from(analyticsEvents).where(eq(analyticsEvents.id, mine.id)),
    );
    expect(kept).toMatchObject({ ownerId: "ada", properties: mine.properties });
    expect(kept?.occurredAt.toISOString()).toBe("2026-03-01T10:00:00.123Z");
  });

  test("an event of a transaction that rolls back is neither kept nor queued", async () => {
    const { db } = database;
    const event = eventOf("bea");
    const call = withUser(db, "bea", async (tx) => {
      await tx.execute(
        sql`select devora.capture_events(${JSON.stringify([event])}::jsonb, ${sql.param(["posthog"])}::text[])`,
      );
      throw new Error("the order failed");
    });
    await expect(call).rejects.toThrow("the order failed");
    const left = await withService(db, async (tx) => [
      await tx.$count(analyticsEvents, eq(analyticsEvents.id, event.id)),
      await tx.$count(analyticsOutbox, eq(analyticsOutbox.eventId, event.id)),
    ]);
    expect(left).toEqual([0, 0]);
  });

  test("log_search_queries writes the scope's user as owner, whatever the entry says", async () => {
    const { db } = database;
    const id = newId();
    const entry = {
      id,
      owner_id: "eve",
      query: "café",
      query_hash: "h",
      sources: ["projects", "files"],
      result_count: 3,
      relaxed: false,
      duration_ms: 1.5,
      occurred_at: "2026-03-01T10:00:00Z",
    };
    const [row] = await withUser(db, "ada", (tx) =>
      rowsOf(tx, sql`select devora.log_search_queries(${JSON.stringify([entry])}::jsonb) as logged`),
    );
    expect(row).toEqual({ logged: 1 });
    const logged = await withService(db, (tx) =>
      tx.select().from(searchQueries).where(eq(searchQueries.id, id)),
    );
    expect(logged).toMatchObject([
      { ownerId: "ada", query: "café", sources: ["projects", "files"], durationMs: 1.5 },
    ]);
  });

  test.skipIf(!installedModules().includes("embeddings"))(
    "enqueue_embeddings queues once per row and owner (skipped without pgvector)",
    async () => {
      const { db } = database;
      const enqueue = (owner: string) =>
        withUser(db, owner, (tx) =>
          rowsOf(
            tx,
            sql`select devora.enqueue_embeddings('files'::text, ${sql.param(["f1", "f2"])}::text[], ${owner}::text) as queued`,
          ),
        );
      expect(await enqueue("ada")).toEqual([{ queued: 2 }]);
      expect(await enqueue("ada")).toEqual([{ queued: 2 }]);
      expect(await enqueue("eve")).toEqual([{ queued: 2 }]);
      const jobs = await withService(db, (tx) =>
        rowsOf(
          tx,
          sql`select entity_id, owner_id, version from devora.embedding_jobs order by owner_id, entity_id`,
        ),
      );
      expect(jobs).toEqual([
        { entity_id: "f1", owner_id: "ada", version: 2 },
        { entity_id: "f2", owner_id: "ada", version: 2 },
        { entity_id: "f1", owner_id: "eve", version: 1 },
        { entity_id: "f2", owner_id: "eve", version: 1 },
      ]);
    },
  );
});
