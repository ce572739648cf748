/** What a command sees of the world outside: injected, so that commands read neither streams nor signals. */
export interface Terminal {
  /** A line of the result, on stdout. */
  print(line: string): void;
  /** A line for people, on stderr. */
  note(line: string): void;
  /** How far the work is, on stderr: a bar in a terminal, plain lines elsewhere. */
  progress(label: string, done: number, total: number): void;
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal;
}
