import type { Database } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { Router } from "express";

/** `GET /health`: 200 once everything is prepared and the database answers, 503 before and otherwise. */
export function healthRoutes(db: () => Database | undefined, isReady: () => boolean): Router {
  const router = Router();
  router.get("/health", async (_request, response) => {
    const database = await answers(db());
    const ready = isReady() && database;
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? "ok" : isReady() ? "database unreachable" : "starting" });
  });
  return router;
}

async function answers(db: Database | undefined): Promise<boolean> {
  try {
    await db?.execute(sql`select 1`);
    return db !== undefined;
  } catch {
    return false;
  }
}
