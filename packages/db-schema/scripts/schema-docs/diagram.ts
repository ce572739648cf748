import type { Relation } from "./catalogue.ts";

/** A reference that code keeps, not a foreign key: drawn as a dotted line. */
interface LooseReference {
  from: string;
  to: string;
  label: string;
}

// A key would make every insert look its parent up, or cannot be declared: the parent is partitioned, a row of any
// table, or made later.
const looseReferences: readonly LooseReference[] = [
  { from: "devora.analytics_events", to: "devora.event_ids", label: "id" },
  { from: "devora.analytics_outbox", to: "devora.event_ids", label: "event_id" },
  { from: "devora.user_days", to: "devora.dirty_marks", label: "stale days" },
  { from: "devora.metric_days", to: "devora.dirty_marks", label: "stale days" },
  { from: "devora.search_vocabulary_deltas", to: "devora.search_vocabulary", label: "folded into" },
  { from: "devora.search_statistics_deltas", to: "devora.search_statistics", label: "folded into" },
  { from: "devora.chunks", to: "devora.documents", label: "source, entity_id" },
  { from: "devora.embedding_jobs", to: "devora.chunks", label: "source, entity_id" },
];

const short = (name: string): string => name.replace(/^\w+\./, "");
/** Mermaid takes one word as a type. */
const typeOf = (type: string): string =>
  type
    .replace("timestamp with time zone", "timestamptz")
    .replace(/\(.*\)/, "")
    .replaceAll(/\W+/g, "_");

/** A Mermaid diagram of some tables: their key columns, and what refers to what. */
export function diagramOf(tables: readonly Relation[]): string {
  const names = new Set(tables.map(({ name }) => name));
  const strict = tables.flatMap((relation) =>
    relation.constraints
      .filter(({ kind, target }) => kind === "foreign" && target !== null && names.has(target))
      .map((key) => {
        // A row may do without its parent where a column of the key may be null.
        const parent = relation.columns.some(({ name, nullable }) => nullable && key.columns.includes(name))
          ? "|o"
          : "||";
        return `  ${short(String(key.target))} ${parent}--o{ ${short(relation.name)} : "${key.columns.join(", ")}"`;
      }),
  );
  const loose = looseReferences
    .filter(({ from }) => names.has(from))
    .map(({ from, to, label }) => {
      if (!names.has(to))
        throw new Error(`looseReferences in diagram.ts: there is no table ${to} beside ${from}.`);
      return `  ${short(to)} ||..o{ ${short(from)} : "${label}"`;
    });
  return ["```mermaid", "erDiagram", ...tables.flatMap(entity), ...strict, ...loose, "```"].join("\n");
}

function entity({ name, columns, constraints }: Relation): string[] {
  const inKey = (kind: string, column: string) =>
    constraints.some((constraint) => constraint.kind === kind && constraint.columns.includes(column));
  const keys = columns.flatMap((column) => {
    const marks = [inKey("primary", column.name) && "PK", inKey("foreign", column.name) && "FK"].filter(
      Boolean,
    );
    return marks.length === 0 ? [] : [`    ${typeOf(column.type)} ${column.name} ${marks.join(", ")}`];
  });
  return [`  ${short(name)} {`, ...keys, "  }"];
}
