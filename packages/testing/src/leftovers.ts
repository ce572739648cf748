import { afterAll, expect, vi } from "vitest";

/**
 * A set-up file of every test file: one that leaves the worker other than it found it fails, because the next file
 * runs in the same worker. Open timers and connections are not seen, nor are globals that a library adds when loaded.
 */
const before = stateOfWorker();
// Set-up comes first, and hooks run in reverse: this one is the file's last.
afterAll(() => {
  // The runner takes spies back itself, after the last hook.
  vi.restoreAllMocks();
  expect(stateOfWorker(), "this file leaves something behind for the next one; undo it in afterAll").toEqual(
    before,
  );
});

function stateOfWorker(): Record<string, unknown> {
  return {
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
    listeners: process.eventNames().map((name) => `${String(name)}: ${process.listenerCount(name)}`),
    timers: [setTimeout, setInterval, setImmediate, queueMicrotask, process.nextTick],
    clocks: [Date, Date.now, performance, performance.now],
    output: [console, console.log, console.warn, console.error, process.stdout.write, process.stderr.write],
    others: [fetch, Math.random, crypto, crypto.randomUUID, AbortSignal.timeout],
  };
}
