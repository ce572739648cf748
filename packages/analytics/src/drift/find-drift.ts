import type { Catalogue } from "../catalogue/define-catalogue.ts";
import type { CapturedEvent } from "./captured-events.ts";
import { declaredProperties, type JsonType } from "./declared-event.ts";

/** One difference between a catalogue and what was captured. */
export interface DriftFinding {
  /**
   * `undeclared_event`: the catalogue does not have it; `event_never_captured`: none came;
   * `undeclared_property`: the event does not declare it; `property_never_captured`: no row had it;
   * `required_missing`: rows went without it; `unexpected_type`: rows had a value of a type that its schema never stores.
   */
  kind:
    | "undeclared_event"
    | "event_never_captured"
    | "undeclared_property"
    | "property_never_captured"
    | "required_missing"
    | "unexpected_type";
  event: string;
  /** Where it is about a property. */
  property?: string;
  /** With `unexpected_type`: what came. */
  type?: JsonType;
  /** Rows that it is about; 0 for what never came. Of properties: of the rows that were read. */
  rows: number;
}

/** What differs, by event and property. */
export function findDrift(catalogue: Catalogue, captured: readonly CapturedEvent[]): DriftFinding[] {
  const came = new Set(captured.map(({ event }) => event));
  const never = Object.keys(catalogue).filter((event) => !came.has(event));
  return [
    ...captured.flatMap((event) => driftOf(event, catalogue)),
    ...never.map((event) => ({ kind: "event_never_captured" as const, event, rows: 0 })),
  ];
}

function driftOf(captured: CapturedEvent, catalogue: Catalogue): DriftFinding[] {
  const { event } = captured;
  const definition = captured.declared ? catalogue[event] : undefined;
  if (definition === undefined) return [{ kind: "undeclared_event", event, rows: captured.rows }];

  const seen = new Map(captured.properties.map((property) => [property.property, property]));
  const findings: DriftFinding[] = [];
  for (const [property, { required, types }] of declaredProperties(definition)) {
    const rows = seen.get(property)?.rows ?? 0;
    if (rows === 0) findings.push({ kind: "property_never_captured", event, property, rows });
    const missing = captured.rowsRead - rows;
    if (required && missing > 0) findings.push({ kind: "required_missing", event, property, rows: missing });
    for (const [type, count] of Object.entries(seen.get(property)?.types ?? {}) as [JsonType, number][]) {
      if (types === undefined || types.has(type)) continue;
      findings.push({ kind: "unexpected_type", event, property, type, rows: count });
    }
  }
  for (const { property, declared, rows } of captured.properties) {
    if (!declared) findings.push({ kind: "undeclared_property", event, property, rows });
  }
  return findings;
}
