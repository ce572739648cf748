import { readCalendar } from "./calendar.ts";
import { definitions } from "./definitions.ts";
import { type ContentFigures, readContent, readSessions, type SessionFigures } from "./engagement-metrics.ts";
import { count, type Figure } from "./figure.ts";
import { type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import { type PerformanceFigures, readPerformance } from "./performance-metrics.ts";
import { activePeopleQuery, decodeActivePeople } from "./queries/activity.ts";
import type { Calendar } from "./queries/calendar.ts";
import { type Read, withSnapshot } from "./read.ts";
import type { RevenueFigures } from "./revenue.ts";
import { type RevenueReport, readRevenue } from "./revenue-metrics.ts";
import { type AccountFigures, type ActivityFigures, readAccounts, readActivity } from "./user-metrics.ts";

/** Every figure of `T` with the same figure one period earlier beside it. */
export type Compared<T> = { [K in keyof T]: T[K] extends Figure ? T[K] & { previous: T[K] } : T[K] };

/**
 * The four groups. `previous.asOf` of a figure says what it is compared with, at the same local time of day: figures
 * of the day with the day before, of 7 days with 7 days before, of the calendar month with the same day of the month
 * before, all others with 30 days before.
 */
export interface DashboardMetrics {
  asOf: Date;
  timeZone: string;
  userMetrics: Compared<AccountFigures & ActivityFigures>;
  revenueMetrics: Compared<RevenueFigures> & Pick<RevenueReport, "byCurrency" | "conversions">;
  engagementMetrics: Compared<ContentFigures & SessionFigures>;
  performanceMetrics: Compared<PerformanceFigures>;
}

export async function getDashboardMetrics(
  settings: MetricsSettings,
  call: MetricsCall = {},
): Promise<DashboardMetrics> {
  const verb = "getDashboardMetrics";
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const calendar = await readCalendar(verb, read, moment);
    return {
      ...moment,
      userMetrics: await compareUsers(read, calendar),
      revenueMetrics: await compareRevenue(read, calendar, settings.currency),
      engagementMetrics: await compareEngagement(read, calendar),
      performanceMetrics: compare(
        await readPerformance(read, calendar.now),
        await readPerformance(read, calendar.monthBefore),
      ),
    };
  });
}

async function compareUsers(read: Read, calendar: Calendar): Promise<DashboardMetrics["userMetrics"]> {
  const { now, dayBefore, weekBefore, monthBefore, calendarMonthBefore } = calendar;
  const [accounts, yesterday, monthAgo, calendarMonthAgo] = await readAccounts(read, [
    now,
    dayBefore,
    monthBefore,
    calendarMonthBefore,
  ]);
  const activePeople = async (from: string, until: string) =>
    decodeActivePeople((await read(activePeopleQuery(from, until)))[0]);
  return compare<AccountFigures & ActivityFigures>(
    { ...accounts, ...(await readActivity(read, now)) },
    {
      ...monthAgo,
      newUsersToday: yesterday.newUsersToday,
      newUsersThisMonth: calendarMonthAgo.newUsersThisMonth,
      ...(await readActivity(read, monthBefore)),
      dailyActiveUsers: count(
        definitions.dailyActiveUsers,
        new Date(dayBefore.asOf),
        await activePeople(dayBefore.day, dayBefore.until),
      ),
      weeklyActiveUsers: count(
        definitions.weeklyActiveUsers,
        new Date(weekBefore.asOf),
        await activePeople(weekBefore.week, weekBefore.until),
      ),
    },
  );
}

async function compareRevenue(
  read: Read,
  { now, monthBefore, twoMonthsBefore }: Calendar,
  reporting: string,
): Promise<DashboardMetrics["revenueMetrics"]> {
  const { byCurrency, conversions, ...current } = await readRevenue(
    read,
    { now, before: monthBefore },
    reporting,
  );
  const previous = await readRevenue(read, { now: monthBefore, before: twoMonthsBefore }, reporting);
  return { ...compare<RevenueFigures>(current, previous), byCurrency, conversions };
}

async function compareEngagement(
  read: Read,
  { now, dayBefore, monthBefore }: Calendar,
): Promise<DashboardMetrics["engagementMetrics"]> {
  const [content, yesterday, monthAgo] = await readContent(read, [now, dayBefore, monthBefore]);
  return compare<ContentFigures & SessionFigures>(
    { ...content, ...(await readSessions(read, now)) },
    {
      ...monthAgo,
      projectsCreatedToday: yesterday.projectsCreatedToday,
      conversationsStartedToday: yesterday.conversationsStartedToday,
      messagesWrittenToday: yesterday.messagesWrittenToday,
      ...(await readSessions(read, monthBefore)),
    },
  );
}

function compare<T extends object>(current: T, previous: T): Compared<T> {
  const keys = Object.keys(current) as (keyof T)[];
  const compared = keys.map((key) => [key, { ...current[key], previous: previous[key] }]);
  return Object.fromEntries(compared) as Compared<T>;
}
