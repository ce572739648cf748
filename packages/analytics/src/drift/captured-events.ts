import type { Catalogue } from "../catalogue/define-catalogue.ts";
import type { EventCount, PropertyCount } from "../queries/event-drift.ts";
import { isStorableText } from "../storable-text.ts";
import type { JsonType } from "./declared-event.ts";

export interface CapturedEvent {
  event: string;
  /** Whether the catalogue has it. */
  declared: boolean;
  /** All of the range. */
  rows: number;
  firstSeen: Date;
  lastSeen: Date;
  /** How many rows, the newest, the counts below are of. */
  rowsRead: number;
  /** Rows that were kept although invalid. */
  invalid: number;
  /** By name. */
  properties: CapturedProperty[];
  /** Undeclared properties beyond the limit, as far as they were read: 100 of each row. `rows` counts each name. */
  moreProperties: { names: number; rows: number };
}

export interface CapturedProperty {
  /** At most 200 characters of its name, where it is undeclared; names that begin alike count as one. */
  property: string;
  declared: boolean;
  rows: number;
  /** Rows by type, as PostgreSQL's `jsonb_typeof` says. */
  types: Partial<Record<JsonType, number>>;
}

/** The events whose properties are to be read, with the names of the declared ones. */
export const namedEvents = (catalogue: Catalogue, counts: readonly EventCount[]) =>
  counts.flatMap(({ event }) =>
    event === null ? [] : [{ event, declared: storableProperties(catalogue, event) }],
  );

/** Others were stored under another name, and PostgreSQL takes no parameter with theirs. */
const storableProperties = (catalogue: Catalogue, event: string): string[] =>
  Object.hasOwn(catalogue, event)
    ? Object.keys(catalogue[event]?.properties ?? {}).filter(isStorableText)
    : [];

/** What both statements say of each event, by name. */
export function capturedEvents(
  catalogue: Catalogue,
  counts: readonly EventCount[],
  properties: readonly PropertyCount[],
): CapturedEvent[] {
  return counts
    .flatMap(({ event, rows, firstSeen, lastSeen }) => {
      if (event === null) return [];
      const declared = Object.hasOwn(catalogue, event);
      const own = properties.filter((property) => property.event === event);
      return [{ event, declared, rows, firstSeen, lastSeen, ...readOf(own) }];
    })
    .toSorted((a, b) => (a.event < b.event ? -1 : 1));
}

function readOf(own: readonly PropertyCount[]) {
  const all = own.find(({ kind }) => kind === "row");
  const rest = own.find(({ kind }) => kind === "rest");
  const properties = own.flatMap(({ kind, name, rows, types }): CapturedProperty[] =>
    name === null ? [] : [{ property: name, declared: kind === "declared", rows, types }],
  );
  return {
    rowsRead: all?.rows ?? 0,
    invalid: all?.invalid ?? 0,
    properties: properties.toSorted((a, b) => (a.property < b.property ? -1 : 1)),
    moreProperties: { names: rest?.names ?? 0, rows: rest?.rows ?? 0 },
  };
}
