/** What the comparison of one kind of thing found. */
export interface Findings {
  /** Names that the database lacks, or has otherwise: to be made. */
  missing: string[];
  /** Statements that come before what is made. */
  before: string[];
  /** Lines of the catalogue that go because the thing comes back under another name. */
  renamed: string[];
  /** What push does not do, for the message. */
  refused: string[];
  /** Differences that stay. */
  discarded: Discarded[];
}

/** A difference between the schema and the database that stays as it is. */
export interface Discarded {
  /** What would have removed the difference. */
  statement: string;
  /** Why push leaves it. */
  reason: string;
}

export const noFindings = (): Findings => ({
  missing: [],
  before: [],
  renamed: [],
  refused: [],
  discarded: [],
});

/** What to do about something that the database has and the schema lacks; this package's migrations made some of it. */
export function judgeExtra(
  what: string,
  { statement, byMigration }: { statement: string; byMigration: boolean },
): Pick<Findings, "refused" | "discarded"> {
  return byMigration
    ? {
        refused: [],
        discarded: [
          { statement, reason: "A migration of this package made it; the Drizzle table does not say it." },
        ],
      }
    : { refused: [`${what} is not in the schema`], discarded: [] };
}
