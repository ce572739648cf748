// A host under load, which is killed at any moment. Arguments: URL of the database, and ids of its users as JSON.
// It says on its standard output what it was promised, a line each, at once and blocking: what was written to a pipe
// is read though the writer is killed. `t event project`: committed with its row; `r event project`: about to be
// rolled back; `a event`: awaited; `b event …`: flushed.
import { writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { createAnalytics } from "@devora/analytics";
import { newId, projects, withUser } from "@devora/db-schema";
import { markOf, poisonSession } from "../soak/marks.ts";
import { openClient } from "../soak/open-client.ts";

const [url = "", users = "[]"] = process.argv.slice(2);
const userIds: string[] = JSON.parse(users);
const { db, end } = await openClient(url, 4);
const lost = new Set<string>();
const analytics = createAnalytics({
  db,
  destinations: ["posthog"],
  onLost: ({ id }) => lost.add(id),
});

let isStopping = false;
let turn = 0;
const nextUser = () => userIds[turn++ % userIds.length] ?? "";
const say = (...words: string[]) => void writeSync(1, `${words.join(" ")}\n`);
const sessionOf = (n: number) => (n % 400 === 399 ? poisonSession : "fine");
const pauseMs = 10;

async function until(step: () => Promise<void>): Promise<void> {
  // A failed step promised nothing.
  while (!isStopping)
    await step().then(
      () => pause(pauseMs),
      () => pause(50),
    );
}

/** An event with a row of the host's own; every eighth transaction changes its mind. */
const inTransaction = async () => {
  const [id, projectId, userId] = [newId(), newId(), nextUser()];
  const changesItsMind = turn % 8 === 0;
  await withUser(db, userId, async (tx) => {
    await tx.insert(projects).values({ id: projectId, userId, name: markOf(projectId) });
    await analytics.capture(
      {
        id,
        event: "project_created",
        userId,
        sessionId: sessionOf(turn),
        properties: { project_id: projectId, project_name: markOf(id) },
      },
      { db: tx },
    );
    if (!changesItsMind) return;
    say("r", id, projectId);
    throw new Error("rolled back");
  });
  say("t", id, projectId);
};

/** A host that was not answered asks again with the same id, whatever became of the first call. */
const awaited = async () => {
  const [id, userId] = [newId(), nextUser()];
  while (true) {
    try {
      await analytics.capture({
        id,
        event: "project_archived",
        userId,
        sessionId: sessionOf(turn),
        properties: { project_id: markOf(id) },
      });
      return say("a", id);
    } catch (error) {
      if (isStopping) throw error;
      await pause(50);
    }
  }
};

const buffered = async () => {
  const ids = Array.from({ length: 15 }, () => newId());
  for (const id of ids) {
    const userId = nextUser();
    const properties = { project_id: markOf(id) };
    analytics.captureBuffered({
      id,
      event: "project_archived",
      userId,
      sessionId: sessionOf(turn),
      properties,
    });
  }
  const { remaining } = await analytics.flush();
  const kept = ids.filter((id) => !lost.has(id));
  if (remaining === 0 && kept.length > 0) say("b", ...kept);
};

process.once("SIGTERM", () => {
  isStopping = true;
});
await Promise.all([inTransaction, inTransaction, awaited, awaited, buffered].map(until));
await analytics.close();
await end();
