import { Router } from "express";
import { z } from "zod";
import type { Services } from "../../services.ts";
import { input } from "../input.ts";
import { adminOnly } from "../user.ts";

/** Figures over all users, for administrators. */
export function dashboardRoutes({ metrics }: Services): Router {
  const router = Router();
  router.use(["/dashboard", "/cohorts"], adminOnly);

  router.get("/dashboard", async (_request, response) => {
    response.json(await metrics.getDashboardMetrics());
  });

  router.get("/dashboard/trends", async (request, response) => {
    const { days } = input(
      request,
      "query",
      z.object({ days: z.coerce.number().int().min(1).max(400).default(90) }),
    );
    response.json(await metrics.getTrends({ days }));
  });

  router.get("/cohorts", async (request, response) => {
    const { date, days } = input(
      request,
      "query",
      z.object({
        date: z.iso
          .date()
          .refine((date) => date >= "1970-01-01" && date < "9000", "must lie in 1970 to 8999"),
        days: z.coerce.number().int().min(1).max(365).default(30),
      }),
    );
    response.json(await metrics.getCohortRetention({ cohortDate: date, periodDays: days }));
  });

  return router;
}
