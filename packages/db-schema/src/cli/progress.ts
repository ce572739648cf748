import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  update(label: string, done: number, total: number): void;
  /** Takes the bar off the terminal and gives the cursor back. Any further call is harmless. */
  close(): void;
}

/** One bar in a terminal; elsewhere a line for each label and each further quarter. */
export const createProgress = (stream: NodeJS.WriteStream): Progress =>
  stream.isTTY ? barProgress(stream) : lineProgress(stream);

function barProgress(stream: NodeJS.WriteStream): Progress {
  let bar: SingleBar | undefined;
  return {
    update(label, done, total) {
      if (bar === undefined) {
        bar = new SingleBar(
          { format: "{label} {bar} {value}/{total}", hideCursor: true, clearOnComplete: true, stream },
          Presets.shades_classic,
        );
        bar.start(total, done, { label: label.padEnd(28) });
      }
      bar.setTotal(total);
      bar.update(done, { label: label.padEnd(28) });
    },
    close() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function lineProgress(stream: NodeJS.WriteStream): Progress {
  let last = { label: "", quarter: 0 };
  return {
    update(label, done, total) {
      const quarter = total === 0 ? 4 : Math.floor((4 * done) / total);
      if (label === last.label && quarter <= last.quarter) return;
      last = { label, quarter };
      stream.write(`${label}: ${done}/${total}\n`);
    },
    close() {},
  };
}
