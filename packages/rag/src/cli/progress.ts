/** How far the work is, beside the result. */
export interface Progress {
  update(done: number, total: number): void;
  /** Takes the bar off the terminal. Any further call is harmless. */
  close(): void;
}

const barWidth = 30;

/** One bar in a terminal, written over; elsewhere a line at each further quarter. */
export function createProgress(stream: NodeJS.WriteStream, label: string): Progress {
  let quarter = 0;
  let shown = false;
  return {
    update(done, total) {
      if (stream.isTTY) {
        const filled = Math.round((barWidth * done) / total);
        stream.write(`\r${label} ${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${done}/${total}`);
        shown = true;
      } else if (Math.floor((4 * done) / total) > quarter) {
        quarter = Math.floor((4 * done) / total);
        stream.write(`${label}: ${done}/${total}\n`);
      }
    },
    close() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}
