import type { Progress } from "./progress.ts";

/** What a command sees of the world outside. */
export interface Terminal {
  /** A line of the result, on stdout. */
  print(line: string): void;
  /** A line for people, on stderr. */
  note(line: string): void;
  /** How far the work is, on stderr. */
  progress(label: string): Progress;
}
