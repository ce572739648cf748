import { Presets, SingleBar } from "cli-progress";

/** One long step: how far it is. Calls after the total is reached are harmless. */
export interface Step {
  update(done: number, total: number): void;
  finish(summary: string): void;
}

/** Shows long work: bars in a terminal, plain lines elsewhere. */
export interface Progress {
  step(label: string): Step;
  line(text: string): void;
  /** Takes an unfinished bar off the terminal and gives the cursor back. */
  close(): void;
}

/** A bar per step in a terminal; elsewhere a line at each quarter and at the end. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const line = (text: string) => void stream.write(`${text}\n`);
  const bars = new Set<SingleBar>();
  return {
    line,
    step: (label) => (stream.isTTY ? barStep(label, stream, line, bars) : lineStep(label, line)),
    close: () => {
      for (const bar of bars) bar.stop();
      bars.clear();
    },
  };
}

function barStep(
  label: string,
  stream: NodeJS.WriteStream,
  line: (text: string) => void,
  bars: Set<SingleBar>,
): Step {
  const bar = new SingleBar(
    {
      format: `${label.padEnd(22)} {bar} {value}/{total} {eta_formatted}`,
      hideCursor: true,
      clearOnComplete: true,
      stream,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update: (done, total) => {
      if (!started) bar.start(total, done);
      bars.add(bar);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    finish: (summary) => {
      if (started) bar.stop();
      bars.delete(bar);
      line(`${label.padEnd(22)} ${summary}`);
    },
  };
}

function lineStep(label: string, line: (text: string) => void): Step {
  let shown = 0;
  return {
    update: (done, total) => {
      const quarter = total === 0 ? 4 : Math.floor((4 * done) / total);
      if (quarter <= shown || quarter === 4) return;
      shown = quarter;
      line(`${label}: ${done}/${total}`);
    },
    finish: (summary) => line(`${label}: ${summary}`),
  };
}
