import type { Row } from "@devora/db-schema";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { decodeNumber } from "./decode.ts";
import { instants } from "./local-time.ts";

/** Consecutive local days: the start of each, and the exclusive end of the last. */
export interface DaySpan {
  starts: readonly string[];
  until: string;
}

/** How many of something happened on the n-th day, from 1. Days without any have no row. */
export interface DayCount {
  kind: string;
  day: number;
  count: number;
}

export const decodeDayCount = (row: Row): DayCount => ({
  kind: String(row.kind),
  day: Number(row.day),
  count: decodeNumber(row.count),
});

/** The number of the day that an instant within the span lies in, from 1. */
export const dayOf = (instant: SQLWrapper, { starts }: DaySpan): SQL =>
  sql`width_bucket(${instant}, ${instants(starts)})`;

export const within = (instant: SQLWrapper, { starts, until }: DaySpan): SQL =>
  sql`${instant} >= ${starts[0] ?? until}::timestamptz and ${instant} < ${until}::timestamptz`;
