import { SchemaError } from "../errors.ts";

export interface SeedProgress {
  /** The table being filled, for example `messages`. */
  table: string;
  /** Rows in the table so far, and in the end. */
  done: number;
  total: number;
}

export interface SeedOptions {
  /**
   * How much: 1 is 150 users, 342 projects, 90 conversations, 1,250 messages, 1,000 files, 340 deployments and
   * 50,000 events; other sizes are in proportion. Above 0, at most 100. Default 1.
   */
  size?: number | undefined;
  /** Chooses the population: the same size, seed, months and `now` give the same ids and rows. Default 1. */
  seed?: number | undefined;
  /** The present of the population: no row is younger. Default the current time. */
  now?: Date | undefined;
  /** How long ago the first user came, in calendar months, 1 to 36. Default 13. */
  months?: number | undefined;
  /** Stops between two batches; rows written by then stay, unless `db` is a transaction. */
  signal?: AbortSignal | undefined;
  /** Called after each batch. */
  onProgress?: ((progress: SeedProgress) => void) | undefined;
}

export interface SeedSettings {
  size: number;
  seed: number;
  now: Date;
  months: number;
  signal: AbortSignal | undefined;
  onProgress: (progress: SeedProgress) => void;
}

/** The options with their defaults. @throws {SchemaError} INVALID_OPTION */
export function seedSettings(options: SeedOptions): SeedSettings {
  const { size = 1, seed = 1, now = new Date(), months = 13, signal, onProgress = () => {} } = options;
  if (typeof size !== "number" || !(size > 0 && size <= 100)) {
    refuse("size", "a number above 0 and at most 100, for example 0.1 or 10", size);
  }
  if (!Number.isSafeInteger(seed)) refuse("seed", "an integer", seed);
  // Ids and ISO dates hold these years alike.
  if (!(now instanceof Date) || !(now.getTime() >= Date.UTC(2000) && now.getTime() < Date.UTC(9000))) {
    refuse("now", "a valid Date in the years 2000 to 8999", now);
  }
  if (!Number.isInteger(months) || months < 1 || months > 36)
    refuse("months", "an integer from 1 to 36", months);
  if (typeof onProgress !== "function") refuse("onProgress", "a function", onProgress);
  return { size, seed, now, months, signal, onProgress };
}

function refuse(option: string, allowed: string, received: unknown): never {
  const shape =
    received instanceof Date
      ? "another Date"
      : typeof received === "number"
        ? "another number"
        : typeof received;
  throw new SchemaError(
    "INVALID_OPTION",
    `seedPopulation: ${option} must be ${allowed}; received ${shape}. Leave it out for the default.`,
  );
}
