import { setTimeout as delay } from "node:timers/promises";
import { check, checkInteger } from "./check-option.ts";

/** Bounds of the events in memory; see `captureBuffered`. */
export interface BufferOptions {
  /** Most events in memory, 1 to 10,000,000. Default 50,000. */
  maxEvents?: number;
  /** Most memory of them together, in bytes, at least 100,000. Default 64 MiB. */
  maxBytes?: number;
  /** Events of one statement, 1 to 1,000. Default 1,000. */
  batchSize?: number;
  /** After how many milliseconds an event is written at the latest, where the database takes it: the loss window. Default 200. */
  flushIntervalMs?: number;
}

/** {@link BufferOptions} as they hold after validation. */
export interface BufferSettings extends Required<BufferOptions> {
  /** Resolves after `ms`, or rejects when `signal` aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Timers hold no more than 31 bits of milliseconds; beyond they fire at once. */
export const longestTimerMs = 2 ** 31 - 1;

export const defaultSleep: BufferSettings["sleep"] = (ms, signal) =>
  delay(ms, undefined, signal === undefined ? {} : { signal });

/** @throws {AnalyticsError} INVALID_OPTION */
export function resolveBuffer(
  { maxEvents = 50_000, maxBytes = 64 * 1024 * 1024, batchSize = 1000, flushIntervalMs = 200 }: BufferOptions,
  sleep: BufferSettings["sleep"] = defaultSleep,
): BufferSettings {
  const whole = (name: string, value: number, min: number, max: number) =>
    checkInteger(check, `buffer.${name}`, value, min, max);
  whole("maxEvents", maxEvents, 1, 10_000_000);
  whole("maxBytes", maxBytes, 100_000, Number.MAX_SAFE_INTEGER);
  whole("batchSize", batchSize, 1, 1000);
  whole("flushIntervalMs", flushIntervalMs, 0, longestTimerMs);
  return { maxEvents, maxBytes, batchSize, flushIntervalMs, sleep };
}
