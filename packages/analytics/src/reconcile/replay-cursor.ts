/** Where a replay stands. */
export interface ReplayCursor {
  /** When it began: what was sent later is not queued again. */
  readonly startedAt: string;
  /** The last event that it saw. */
  readonly after: string;
}

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const encodeCursor = ({ startedAt, after }: ReplayCursor): string => `${startedAt}/${after}`;

export const isCursor = (cursor: unknown): cursor is string =>
  typeof cursor === "string" && form.test(cursor);

/** @param cursor as {@link isCursor} knows it */
export function decodeCursor(cursor: string): ReplayCursor {
  const [, startedAt = "", after = ""] = form.exec(cursor) ?? [];
  return { startedAt, after };
}
