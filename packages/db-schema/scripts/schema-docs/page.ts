import type { ModuleName } from "../../src/modules.ts";
import type { Catalogue, Relation, Routine } from "./catalogue.ts";
import { diagramOf } from "./diagram.ts";
import { anchor, code, table } from "./markdown.ts";
import { relationSection, routineSection } from "./sections.ts";

/** A module's migrations, which say what it made. */
export interface ModuleSource {
  module: ModuleName;
  sql: string;
}

const introduction = `# Schema

Made by \`pnpm generate\` from a migrated database: its tables, and the comments that it carries itself. Do not edit; change \`migrations/postgres\` and generate again.

Modules install one by one (\`migrate({ modules })\`). \`app\` is Devora's own domain in schema \`public\`; the others live in schema \`devora\` and know no table of it.

Three roles, none of which may log in or bypass policies:

- \`devora_app\` runs what a signed-in user asks for, in the scope of \`withUser\`: it sees and writes the rows of that user.
- \`devora_service\` runs workers, metrics and imports, in the scope of \`withService\`: it sees the rows of all.
- \`devora_definer\` owns the functions that let a user do more than its own rights allow, such as writing an event.

Row level security is enabled and forced on every table but the ledger, so it binds the tables' owner too: without a scope no row is seen. Types are PostgreSQL's. A default is SQL; \`generated\` and \`identity\` columns are made by PostgreSQL and cannot be written.`;

/** Where a module's SQL creates something; -1 where it does not. */
const placeOf = ({ sql }: ModuleSource, kind: "table" | "view" | "function", name: string): number =>
  sql.search(new RegExp(`create ${kind} ${name.replace(".", "\\.")}\\b`));
const made = (...created: Parameters<typeof placeOf>): boolean => placeOf(...created) >= 0;

/** The lines of comment that a module's first migration begins with. */
const purposeOf = ({ sql }: ModuleSource): string =>
  (/^(?:--.*\n)+/.exec(sql)?.[0] ?? "").replaceAll(/^-- ?/gm, "").trim().replaceAll("\n", " ");

/** One module's part of the page. */
export function moduleSection(source: ModuleSource, { relations, routines }: Catalogue): string {
  // Parents before children, as they are created.
  const place = ({ kind, name }: Relation) => placeOf(source, kind, name);
  const own = relations.filter((relation) => place(relation) >= 0).toSorted((a, b) => place(a) - place(b));
  const tables = own.filter(({ kind }) => kind === "table");
  const views = own.filter(({ kind }) => kind === "view");
  const functions = routines.filter((routine) => made(source, "function", nameOf(routine)));
  return [
    `## Module ${source.module}`,
    purposeOf(source),
    diagramOf(tables),
    contents([...tables, ...views]),
    ...tables.map((relation) => relationSection(relation, "###")),
    ...views.map((relation) => relationSection(relation, "###")),
    ...(functions.length === 0
      ? []
      : [`### Functions of module ${source.module}`, functions.map(routineSection).join("\n")]),
  ].join("\n\n");
}

const nameOf = ({ signature }: Routine): string => `devora.${signature.slice(0, signature.indexOf("("))}`;

const contents = (relations: readonly Relation[]): string =>
  table(
    ["", "what it holds"],
    relations.map(({ name, kind, comment }) => [
      `[${name}](#${anchor(name)})${kind === "view" ? " (view)" : ""}`,
      comment,
    ]),
  );

/** The whole page. @throws when something belongs to no module */
export function schemaPage(sources: readonly ModuleSource[], catalogue: Catalogue): string {
  const ledger = catalogue.relations.filter(({ name }) => name === "devora.migrations");
  assertAllKnown(sources, catalogue);
  return `${[
    introduction,
    `Modules: ${sources.map(({ module }) => `[${module}](#${anchor(`Module ${module}`)})`).join(", ")}; and the [ledger](#ledger) of migrations.`,
    ...sources.map((source) => moduleSection(source, catalogue)),
    "## Ledger",
    ...ledger.map((relation) => relationSection(relation, "###")),
  ].join("\n\n")}\n`;
}

function assertAllKnown(sources: readonly ModuleSource[], { relations, routines }: Catalogue): void {
  const unknown = [
    ...relations
      .filter(({ name }) => name !== "devora.migrations")
      .filter(({ kind, name }) => !sources.some((source) => made(source, kind, name)))
      .map(({ name }) => name),
    ...routines.map(nameOf).filter((name) => !sources.some((source) => made(source, "function", name))),
  ];
  if (unknown.length > 0)
    throw new Error(`No migration says \`create table|view|function ${code(unknown.join(", "))}\`.`);
}
