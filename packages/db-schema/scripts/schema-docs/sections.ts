import { accessOf } from "./access.ts";
import type { Column, Relation, Routine } from "./catalogue.ts";
import { bullets, code, listed, table } from "./markdown.ts";

/** The part of `create index … on t using method (…) where …` that tells one index from another. */
const indexBody = (definition: string): string => {
  const unique = definition.startsWith("CREATE UNIQUE") ? "unique " : "";
  return unique + definition.replace(/^.* USING /, "").replace(/^btree /, "");
};

const columnTable = (columns: readonly Column[], view: boolean): string =>
  view
    ? table(
        ["column", "type", "meaning"],
        columns.map(({ name, type, comment }) => [code(name), type, comment]),
      )
    : table(
        ["column", "type", "null", "default", "meaning"],
        columns.map(({ name, type, nullable, filled, comment }) => [
          code(name),
          type,
          nullable ? "yes" : "",
          filled === "" || filled === "identity" ? filled : code(tidy(filled)),
          comment,
        ]),
      );

const part = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`**${title}**`, bullets(items)];

/** A table or a view: what it is, its columns, keys, indexes, triggers, and who may do what. */
export function relationSection(relation: Relation, level: string): string {
  const { name, kind, comment, partitioned, columns, constraints, indexes, triggers } = relation;
  const access = accessOf(relation);
  return [
    `${level} ${name}`,
    partitioned === null ? comment : `${comment} Partitioned by ${code(partitioned.toLowerCase())}.`,
    columnTable(columns, kind === "view"),
    ...part(
      "Keys",
      constraints
        .filter((constraint) => constraint.kind !== "check")
        .map((constraint) => `${code(constraint.name)}: ${lower(constraint.definition)}`),
    ),
    ...part(
      "Checks",
      constraints
        .filter((constraint) => constraint.kind === "check")
        .map((constraint) => `${code(constraint.name)}: ${code(tidy(checkBody(constraint.definition)))}`),
    ),
    ...part(
      "Indexes",
      indexes.map((index) => `${code(index.name)} ${code(indexBody(index.definition))}. ${index.comment}`),
    ),
    ...part("Triggers", triggers.map(triggerText)),
    ...part("Who may do what", access.length > 0 ? access : ["Nobody but its owner."]),
  ].join("\n\n");
}

/** `CHECK ((a > 0))` without its shell. */
const checkBody = (definition: string): string =>
  definition.replace(/^CHECK \(\((.*)\)\)$/s, "$1").replace(/^CHECK /, "");

/** PostgreSQL says of every string that it is one. */
const tidy = (expression: string): string => expression.replaceAll("::text", "");

/** Words of a key's definition in lower case; names are so already. */
const lower = (definition: string): string => definition.toLowerCase();

function triggerText(definition: string): string {
  const [, name = "", rest = ""] = /^CREATE TRIGGER (\S+) (.*)$/s.exec(definition) ?? [];
  const [when = "", call = ""] = rest.split(" EXECUTE FUNCTION ");
  const event = when.replace(/ ON \S+.*$/s, "").toLowerCase();
  return `${code(name)}, ${event}: ${code(call)}`;
}

/** A function: how it is called, by whom, and with whose rights it runs. */
export function routineSection({ signature, returns, definer, owner, callers, comment }: Routine): string {
  const asOwner = owner === "owner" ? "the tables' owner" : code(owner);
  const runs = definer ? ` Runs with the rights of ${asOwner}.` : "";
  const who = listed(callers.map(code), "and") || "its owner and triggers alone";
  const answers = returns === "trigger" || returns === "void" ? "" : ` returns ${code(returns)}`;
  return `- ${code(`devora.${signature}`)}${answers}\\\n  ${comment}${runs} Called by ${callers.includes("public") ? "everybody" : who}.`;
}
