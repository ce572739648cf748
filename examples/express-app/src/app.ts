import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import express, { type Express, Router } from "express";
import helmet from "helmet";
import { Problem, problemHandler, unknownRoute } from "./http/problem.ts";
import { chatRoutes } from "./http/routes/chat.ts";
import { conversationRoutes } from "./http/routes/conversations.ts";
import { dashboardRoutes } from "./http/routes/dashboard.ts";
import { healthRoutes } from "./http/routes/health.ts";
import { projectRoutes } from "./http/routes/projects.ts";
import { searchRoutes } from "./http/routes/search.ts";
import { demoUser } from "./http/user.ts";
import { publicFolder } from "./paths.ts";
import type { Services } from "./services.ts";
import { pageRoutes } from "./web/pages.ts";

/** What fills while the host starts. */
export interface HostState {
  services?: Services;
  /** Who a visitor is that names nobody (demo only). */
  defaultUserId?: string;
}

export interface AppOptions {
  state: HostState;
  log: (error: unknown) => void;
}

/** The HTTP application. Until `state.services` is there, everything but health answers 503. */
export function createApp({ state, log }: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
      strictTransportSecurity: false,
    }),
  );
  app.use(
    healthRoutes(
      () => state.services?.db,
      () => state.services !== undefined,
    ),
  );
  app.use("/assets", assets());

  let routes: Router | undefined;
  app.use((request, response, next) => {
    if (!state.services)
      return next(new Problem(503, "The host is still preparing its data. Try again in a moment."));
    routes ??= routesOf(state.services, () => state.defaultUserId, log);
    routes(request, response, next);
  });
  app.use(unknownRoute);
  app.use(problemHandler(log));
  return app;
}

function routesOf(
  services: Services,
  defaultUserId: () => string | undefined,
  log: (error: unknown) => void,
): Router {
  const router = Router();
  router.use(demoUser(services.db, defaultUserId));
  router.use(
    "/api",
    express.json({ limit: "3mb" }),
    projectRoutes(services),
    conversationRoutes(services),
    searchRoutes(services),
    chatRoutes(services, log),
    dashboardRoutes(services),
  );
  router.use(pageRoutes(services));
  return router;
}

/** Style and scripts: our own, and the two libraries straight from their packages. */
function assets(): Router {
  const require = createRequire(import.meta.url);
  const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));

  const files: Record<string, string> = {
    "/app.css": join(publicFolder, "app.css"),
    "/app.js": join(publicFolder, "app.js"),
    "/icon.svg": join(publicFolder, "icon.svg"),
    "/htmx.js": join(folderOf("htmx.org"), "dist/htmx.min.js"),
    "/uplot.js": join(folderOf("uplot"), "dist/uPlot.iife.min.js"),
    "/uplot.css": join(folderOf("uplot"), "dist/uPlot.min.css"),
  };
  const router = Router();
  router.get(Object.keys(files), (request, response) => {
    const file = files[request.path] ?? "";
    // By its folder: package managers keep packages below folders with a dot, which are refused otherwise.
    response.sendFile(basename(file), { root: dirname(file), maxAge: "1h" });
  });
  return router;
}
