/** One figure beside its goal. */
export interface BenchRow {
  suite: string;
  name: string;
  /** What is to be reached, in `unit`; null where there is only something to compare with. */
  goal: number | null;
  measured: number;
  unit: string;
  /** The figure that it is compared with, in `unit`, or null. */
  peer: number | null;
  /** measured / peer. */
  ratio: number | null;
  /** Null without a goal. */
  met: boolean | null;
}

export interface RowFacts {
  suite: string;
  name: string;
  measured: number;
  unit: string;
  goal?: number;
  peer?: number;
  /** Whether more or less of the unit is better. Default `lower`. */
  better?: "lower" | "higher";
}

/** Works out ratio and whether the goal is met. */
export function toRow({ suite, name, measured, unit, goal, peer, better = "lower" }: RowFacts): BenchRow {
  return {
    suite,
    name,
    goal: goal ?? null,
    measured,
    unit,
    peer: peer ?? null,
    ratio: peer === undefined ? null : measured / peer,
    met: goal === undefined ? null : better === "lower" ? measured <= goal : measured >= goal,
  };
}

/** The rows as a table for a terminal. */
export function formatRows(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.name,
    number(row.measured),
    row.unit,
    row.goal === null ? "" : number(row.goal),
    row.peer === null ? "" : number(row.peer),
    row.ratio === null ? "" : row.ratio.toFixed(3),
    row.met === null ? "" : row.met ? "met" : "MISSED",
  ]);
  const table = [["", "measured", "unit", "goal", "peer", "ratio", ""], ...cells];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 3 : value < 1000 ? 1 : 0 });
