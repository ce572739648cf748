import { readFileSync } from "node:fs";
import { installedModules, useTestDatabase } from "@devora/testing";
import { expect, test } from "vitest";
import { readCatalogue } from "../../scripts/schema-docs/catalogue.ts";
import { moduleSection, schemaPage } from "../../scripts/schema-docs/page.ts";
import { moduleSources, schemaPagePath } from "../../scripts/schema-docs.ts";

const database = useTestDatabase();
const kept = () => readFileSync(schemaPagePath, "utf8");
const stale = "docs/schema.md is not what the migrations make: run `pnpm generate`, and look at what changed";

test.runIf(installedModules().includes("embeddings"))(
  "docs/schema.md is the page of this database (all modules)",
  async () => {
    expect(schemaPage(moduleSources, await readCatalogue(database.db)) === kept(), stale).toBe(true);
  },
);

// The oldest server, without pgvector, prints every expression as the newest does.
test.each(installedModules())("docs/schema.md has module %s as it is here", async (module) => {
  const catalogue = await readCatalogue(database.db);
  const section = moduleSection(moduleSources.find((source) => source.module === module)!, catalogue);
  const lines = new Set(kept().split("\n"));
  expect(
    section.split("\n").filter((line) => !lines.has(line)),
    stale,
  ).toEqual([]);
});
