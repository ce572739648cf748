import { type ModuleName, moduleNames } from "@devora/db-schema";
import type { TestProject } from "vitest/node";
import { dropTemplateDatabase, makeTemplateDatabase } from "./template-database.ts";
import { makeTemplateFolder } from "./template-folder.ts";

/** What `createTestDatabase` clones: a migrated PGlite folder, or a migrated database on the server of DATABASE_URL. */
export type TestTemplate = { modules: ModuleName[] } & (
  | { kind: "folder"; folder: string }
  | {
      kind: "database";
      url: string;
      name: string;
      /** The server by way of PgBouncer in transaction mode (PGBOUNCER_URL), where the run has one. */
      poolerUrl: string | undefined;
      /** In CI a run with a server must have every lane of a server. */
      everyLane: boolean;
    }
);

declare module "vitest" {
  export interface ProvidedContext {
    testTemplate: TestTemplate;
  }
}

/** Migrates one template per run, so that each test file gets a database of its own in milliseconds. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") {
    project.provide("testTemplate", {
      kind: "folder",
      folder: await makeTemplateFolder(),
      modules: [...moduleNames],
    });
    return undefined;
  }
  const { name, modules } = await makeTemplateDatabase(url);
  const poolerUrl = process.env.PGBOUNCER_URL || undefined;
  const everyLane = Boolean(process.env.CI);
  project.provide("testTemplate", { kind: "database", url, name, modules, poolerUrl, everyLane });
  return () => dropTemplateDatabase(url, name);
}
