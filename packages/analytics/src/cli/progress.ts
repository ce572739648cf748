export interface Progress {
  update(label: string, done: number, total: number): void;
  /** Takes the bar off the terminal. Any further call is harmless. */
  close(): void;
}

const barWidth = 30;

/** One bar in a terminal, written over; elsewhere a line at each further quarter. */
export function createProgress(stream: Pick<NodeJS.WriteStream, "isTTY" | "write">): Progress {
  let quarter = 0;
  let shown = false;
  return {
    update(label, done, total) {
      const share = total <= 0 ? 1 : Math.min(1, done / total);
      if (stream.isTTY) {
        const filled = Math.round(barWidth * share);
        stream.write(`\r${label} ${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${done}/${total}`);
        shown = true;
      } else if (Math.floor(4 * share) > quarter) {
        quarter = Math.floor(4 * share);
        stream.write(`${label}: ${done}/${total}\n`);
      }
    },
    close() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}
