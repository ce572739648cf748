export interface Progress {
  /** A line of its own. */
  say(text: string): void;
  /** How far the work is: on a terminal one line that is written over, elsewhere nothing. */
  show(text: string): void;
}

/** Tells how far the work is, beside the result. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  let shown = false;
  const clear = () => {
    if (shown) stream.write("\r\x1b[K");
    shown = false;
  };
  return {
    say: (text) => {
      clear();
      stream.write(`${text}\n`);
    },
    show: (text) => {
      if (!stream.isTTY) return;
      clear();
      stream.write(text);
      shown = true;
    },
  };
}
