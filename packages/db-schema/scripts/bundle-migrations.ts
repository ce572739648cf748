import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleNames } from "../src/modules.ts";

const source = join(import.meta.dirname, "../../../migrations/postgres");
const target = join(import.meta.dirname, "../src/migrations.generated.ts");

/** The generated module's text: the SQL of migrations/postgres in the order in which it applies. */
export function bundle(): string {
  const migrations = moduleNames.flatMap((module) =>
    readdirSync(join(source, module))
      .filter((file) => file.endsWith(".sql") && !file.endsWith(".down.sql"))
      .sort()
      .map((file) => {
        const name = file.slice(0, -".sql".length);
        const up = readFileSync(join(source, module, file), "utf8");
        const down = readFileSync(join(source, module, `${name}.down.sql`), "utf8");
        return { module, name, checksum: createHash("sha256").update(up).digest("hex"), up, down };
      }),
  );
  return [
    "// Made by `pnpm generate` from migrations/postgres. Do not edit.",
    'import type { Migration } from "./migrations/migration.ts";',
    "",
    `export const bundledMigrations: readonly Migration[] = ${JSON.stringify(migrations, null, 2)};`,
    "",
  ].join("\n");
}

if (import.meta.filename === process.argv[1]) writeFileSync(target, bundle());
