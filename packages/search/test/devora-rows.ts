import {
  conversations,
  type Database,
  messages,
  newId,
  projectFiles,
  projects,
  withUser,
} from "@devora/db-schema";

/** Rows of one user, each by a short call; answers ids. */
export const rowsOfUser = (db: Database, userId: string) => ({
  project: async (values: Omit<typeof projects.$inferInsert, "userId">): Promise<string> => {
    const id = newId();
    await withUser(db, userId, (tx) => tx.insert(projects).values({ id, ...values, userId }));
    return id;
  },
  conversation: async (values: Omit<typeof conversations.$inferInsert, "userId">): Promise<string> => {
    const id = newId();
    await withUser(db, userId, (tx) => tx.insert(conversations).values({ id, ...values, userId }));
    return id;
  },
  message: async (
    values: Omit<typeof messages.$inferInsert, "userId" | "role"> & { role?: "user" | "assistant" },
  ): Promise<string> => {
    const id = newId();
    await withUser(db, userId, (tx) => tx.insert(messages).values({ id, role: "user", ...values, userId }));
    return id;
  },
  file: async (
    values: Pick<typeof projectFiles.$inferInsert, "projectId" | "path" | "content"> &
      Partial<typeof projectFiles.$inferInsert>,
  ): Promise<string> => {
    const id = newId();
    await withUser(db, userId, (tx) =>
      tx
        .insert(projectFiles)
        .values({ id, sizeBytes: values.content.length, contentHash: "x", ...values, userId }),
    );
    return id;
  },
});
