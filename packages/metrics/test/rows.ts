import {
  analyticsEvents,
  conversations,
  currencyRates,
  type Database,
  deployments,
  excludedUsers,
  messages,
  newId,
  projects,
  subscriptionChanges,
  subscriptions,
  userAliases,
  users,
  withService,
} from "@devora/db-schema";

type Change = typeof subscriptionChanges.$inferInsert;
type Event = typeof analyticsEvents.$inferInsert;

/** Empties the tables that metrics read; all else hangs under users. Faster than truncate on small tables. */
export async function clearTables(db: Database): Promise<void> {
  await withService(db, async (tx) => {
    for (const table of [users, analyticsEvents, userAliases, excludedUsers, currencyRates]) {
      await tx.delete(table);
    }
  });
}

/** An account; answers its id. */
export async function addUser(
  db: Database,
  createdAt: string,
  values: Partial<typeof users.$inferInsert> = {},
): Promise<string> {
  const id = values.id ?? newId();
  const row = { email: `${id}@example.com`, createdAt: new Date(createdAt), ...values, id };
  await withService(db, (tx) => tx.insert(users).values(row));
  return id;
}

/** Events of one person, counting as activity. */
export async function addActivity(db: Database, ownerId: string, ...times: string[]): Promise<void> {
  await addEvents(
    db,
    times.map((time) => ({ ownerId, distinctId: ownerId, occurredAt: new Date(time) })),
  );
}

/** Events as given; by default named `page_viewed` and counting as activity. */
export async function addEvents(
  db: Database,
  events: readonly (Partial<Event> & Pick<Event, "distinctId" | "occurredAt">)[],
): Promise<void> {
  const rows = events.map((event) => ({
    id: newId(),
    event: "page_viewed",
    countsAsActivity: true,
    ...event,
  }));
  await withService(db, async (tx) => {
    for (let at = 0; at < rows.length; at += 2_000) {
      await tx.insert(analyticsEvents).values(rows.slice(at, at + 2_000));
    }
  });
}

/** A price in force, by default 10.00 EUR a month, active and without end. */
export type Price = Partial<Omit<Change, "effectiveFrom" | "effectiveTo">> & { from: string; to?: string };

/** One subscription of a user with its priced intervals. */
export async function addSubscription(db: Database, userId: string, ...prices: Price[]): Promise<void> {
  const subscriptionId = newId();
  const changes = prices.map(({ from, to, ...price }) => ({
    status: "active" as const,
    plan: "pro",
    currency: "EUR",
    amountMinor: 1_000,
    billingInterval: "month" as const,
    ...price,
    userId,
    subscriptionId,
    effectiveFrom: new Date(from),
    effectiveTo: to === undefined ? null : new Date(to),
  }));
  const [first] = changes;
  if (!first) throw new Error("addSubscription: no price given");
  await withService(db, async (tx) => {
    await tx.insert(subscriptions).values({ ...first, id: subscriptionId, startedAt: first.effectiveFrom });
    await tx.insert(subscriptionChanges).values(changes);
  });
}

/** A project; answers its id. */
export async function addProject(
  db: Database,
  userId: string,
  createdAt: string,
  deletedAt?: string,
): Promise<string> {
  const id = newId();
  const row = { id, userId, name: "A project", ...created(createdAt, deletedAt) };
  await withService(db, (tx) => tx.insert(projects).values(row));
  return id;
}

/** A conversation with messages at the given times. */
export async function addConversation(
  db: Database,
  userId: string,
  createdAt: string,
  ...messageTimes: string[]
): Promise<void> {
  const id = newId();
  await withService(db, async (tx) => {
    await tx.insert(conversations).values({ id, userId, title: "A chat", ...created(createdAt) });
    for (const time of messageTimes) {
      const message = { userId, conversationId: id, role: "user" as const, content: "Hello" };
      await tx.insert(messages).values({ ...message, ...created(time) });
    }
  });
}

export async function addDeployment(
  db: Database,
  userId: string,
  projectId: string,
  values: { status: "queued" | "succeeded" | "failed" | "canceled"; startedAt: string; finishedAt?: string },
): Promise<void> {
  const { status, startedAt, finishedAt } = values;
  const times = { startedAt: new Date(startedAt), finishedAt: finishedAt ? new Date(finishedAt) : null };
  await withService(db, (tx) =>
    tx.insert(deployments).values({ userId, projectId, provider: "vercel", status, ...times }),
  );
}

export async function exclude(db: Database, ownerId: string): Promise<void> {
  await withService(db, (tx) => tx.insert(excludedUsers).values({ ownerId, reason: "staff" }));
}

export async function addAlias(db: Database, alias: string, distinctId: string): Promise<void> {
  await withService(db, (tx) => tx.insert(userAliases).values({ alias, distinctId }));
}

export async function addRate(db: Database, currency: string, day: string, rate: string): Promise<void> {
  await withService(db, (tx) =>
    tx.insert(currencyRates).values({ day, currency, baseCurrency: "EUR", rate }),
  );
}

const created = (createdAt: string, deletedAt?: string) => ({
  createdAt: new Date(createdAt),
  deletedAt: deletedAt === undefined ? null : new Date(deletedAt),
});
