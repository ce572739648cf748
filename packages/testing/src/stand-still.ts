import { writeSync } from "node:fs";

/**
 * Says `standing` and stops this process for good: no timer fires, no statement follows. For scripts that are to be
 * killed.
 */
export function standStill(): void {
  writeSync(1, "standing\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
