import { type Database, newId, projects, users, withService, withUser } from "@devora/db-schema";

/** A user with a unique e-mail address; answers its id. */
export async function seedUser(
  db: Database,
  values: Partial<typeof users.$inferInsert> = {},
): Promise<string> {
  const id = values.id ?? newId();
  await withService(db, (tx) => tx.insert(users).values({ id, email: `${id}@example.com`, ...values }));
  return id;
}

/** A project of a user; answers its id. */
export async function seedProject(
  db: Database,
  userId: string,
  values: Partial<typeof projects.$inferInsert> = {},
): Promise<string> {
  const id = values.id ?? newId();
  await withUser(db, userId, (tx) =>
    tx.insert(projects).values({ name: "A project", ...values, id, userId }),
  );
  return id;
}
