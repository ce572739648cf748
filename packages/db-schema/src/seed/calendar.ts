export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** The span of a population: whole UTC days from `from`, the last of them cut short by `now`. */
export interface Calendar {
  /** Midnight UTC of day 0, Unix milliseconds. */
  from: number;
  now: number;
  /** Index of the day that `now` lies in. */
  today: number;
}

export function calendarOf(now: number, months: number): Calendar {
  const midnight = Math.floor(now / dayMs) * dayMs;
  const from = addMonths(midnight, -months);
  return { from, now, today: Math.round((midnight - from) / dayMs) };
}

/** The same time of day some months on; on the last day of a month that is too short. */
export function addMonths(timeMs: number, months: number): number {
  const date = new Date(timeMs);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) + (timeMs - midnightOf(timeMs));
}

export const midnightOf = (timeMs: number): number => Math.floor(timeMs / dayMs) * dayMs;
export const dayStart = (calendar: Calendar, day: number): number => calendar.from + day * dayMs;
export const dayOf = (calendar: Calendar, timeMs: number): number =>
  Math.floor((timeMs - calendar.from) / dayMs);
/** 0 is Sunday; 1 January 1970 was a Thursday. */
export const weekdayOf = (calendar: Calendar, day: number): number =>
  (Math.floor(calendar.from / dayMs) + day + 4) % 7;
/** How much of a day is over, 0 to 1: all of it, but for today. */
export const elapsedShare = (calendar: Calendar, day: number): number =>
  day < calendar.today ? 1 : (calendar.now - dayStart(calendar, day)) / dayMs;

export const iso = (timeMs: number): string => new Date(timeMs).toISOString();
export const isoOrNull = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : iso(timeMs);
