/** What hosts said before they were killed. */
export interface Promises {
  /** Events that were acknowledged: committed with a row, awaited, or flushed. */
  readonly acknowledged: ReadonlySet<string>;
  /** The host's own rows, by the event that was committed with them. */
  readonly rows: ReadonlyMap<string, string>;
  /** Events whose transaction was rolled back. */
  readonly rolledBack: ReadonlySet<string>;
  hear(line: string): void;
}

/** @param onProgress told of each line */
export function listenToPromises(onProgress: () => void): Promises {
  const acknowledged = new Set<string>();
  const rows = new Map<string, string>();
  const rolledBack = new Set<string>();
  return {
    acknowledged,
    rows,
    rolledBack,
    hear(line) {
      const [kind, ...ids] = line.split(" ");
      const [id = "", row = ""] = ids;
      if (kind === "r") rolledBack.add(id);
      else if (kind === "t") {
        acknowledged.add(id);
        rows.set(id, row);
      } else for (const each of ids) acknowledged.add(each);
      onProgress();
    },
  };
}
