import { readCalendar } from "./calendar.ts";
import { definitions } from "./definitions.ts";
import { count, type Figure, quotient } from "./figure.ts";
import { type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import { accountsQuery, decodeAccounts } from "./queries/accounts.ts";
import { activityQuery, decodeActivity } from "./queries/activity.ts";
import type { Windows } from "./queries/calendar.ts";
import { type Read, withSnapshot } from "./read.ts";

export interface AccountFigures {
  totalUsers: Figure;
  newUsersToday: Figure;
  newUsersThisMonth: Figure;
}

export interface ActivityFigures {
  dailyActiveUsers: Figure;
  weeklyActiveUsers: Figure;
  activeUsersMonth: Figure;
  stickiness: Figure;
  retentionRate30d: Figure;
  activityChurnRate30d: Figure;
}

export interface UserMetrics extends AccountFigures, ActivityFigures {
  asOf: Date;
  timeZone: string;
}

export async function getUserMetrics(
  settings: MetricsSettings,
  call: MetricsCall = {},
): Promise<UserMetrics> {
  const verb = "getUserMetrics";
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now } = await readCalendar(verb, read, moment);
    const [accounts] = await readAccounts(read, [now]);
    return { ...moment, ...accounts, ...(await readActivity(read, now)) };
  });
}

/** Accounts as of each of the windows, in one statement. */
export async function readAccounts<const W extends readonly Windows[]>(
  read: Read,
  windows: W,
): Promise<{ [K in keyof W]: AccountFigures }> {
  const rows = await read(accountsQuery(windows));
  const figures = windows.map((w, position) => {
    const accounts = decodeAccounts(rows[position] ?? {});
    const asOf = new Date(w.asOf);
    return {
      totalUsers: count(definitions.totalUsers, asOf, accounts.total),
      newUsersToday: count(definitions.newUsersToday, asOf, accounts.today),
      newUsersThisMonth: count(definitions.newUsersThisMonth, asOf, accounts.thisMonth),
    };
  });
  return figures as { [K in keyof W]: AccountFigures };
}

export async function readActivity(read: Read, w: Windows): Promise<ActivityFigures> {
  const [row] = await read(activityQuery(w));
  const { daily, weekly, monthly, before, retained } = decodeActivity(row);
  const asOf = new Date(w.asOf);
  return {
    dailyActiveUsers: count(definitions.dailyActiveUsers, asOf, daily),
    weeklyActiveUsers: count(definitions.weeklyActiveUsers, asOf, weekly),
    activeUsersMonth: count(definitions.activeUsersMonth, asOf, monthly),
    stickiness: quotient(definitions.stickiness, asOf, daily, monthly),
    retentionRate30d: quotient(definitions.retentionRate30d, asOf, retained, before),
    activityChurnRate30d: quotient(definitions.activityChurnRate30d, asOf, before - retained, before),
  };
}
