import { readCalendar } from "./calendar.ts";
import { definitions } from "./definitions.ts";
import { count, type Figure, quotient } from "./figure.ts";
import { type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import type { Windows } from "./queries/calendar.ts";
import { contentQuery, decodeContent } from "./queries/content.ts";
import { decodeSessions, sessionsQuery } from "./queries/sessions.ts";
import { type Read, withSnapshot } from "./read.ts";

export interface ContentFigures {
  totalProjects: Figure;
  projectsCreatedToday: Figure;
  totalConversations: Figure;
  conversationsStartedToday: Figure;
  totalMessages: Figure;
  messagesWrittenToday: Figure;
}

export interface SessionFigures {
  sessions30d: Figure;
  averageSessionDurationMinutes: Figure;
  averageMultiEventSessionMinutes: Figure;
}

export interface EngagementMetrics extends ContentFigures, SessionFigures {
  asOf: Date;
  timeZone: string;
}

export async function getEngagementMetrics(
  settings: MetricsSettings,
  call: MetricsCall = {},
): Promise<EngagementMetrics> {
  const verb = "getEngagementMetrics";
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now } = await readCalendar(verb, read, moment);
    const [content] = await readContent(read, [now]);
    return { ...moment, ...content, ...(await readSessions(read, now)) };
  });
}

/** Content as of each of the windows, in one statement. */
export async function readContent<const W extends readonly Windows[]>(
  read: Read,
  windows: W,
): Promise<{ [K in keyof W]: ContentFigures }> {
  const rows = await read(contentQuery(windows));
  const figures = windows.map((w, position) => {
    const content = decodeContent(rows[position] ?? {});
    const asOf = new Date(w.asOf);
    return {
      totalProjects: count(definitions.totalProjects, asOf, content.projects),
      projectsCreatedToday: count(definitions.projectsCreatedToday, asOf, content.projectsToday),
      totalConversations: count(definitions.totalConversations, asOf, content.conversations),
      conversationsStartedToday: count(
        definitions.conversationsStartedToday,
        asOf,
        content.conversationsToday,
      ),
      totalMessages: count(definitions.totalMessages, asOf, content.messages),
      messagesWrittenToday: count(definitions.messagesWrittenToday, asOf, content.messagesToday),
    };
  });
  return figures as { [K in keyof W]: ContentFigures };
}

export async function readSessions(read: Read, w: Windows): Promise<SessionFigures> {
  const [row] = await read(sessionsQuery(w));
  const { sessions, multiEvent, minutes } = decodeSessions(row);
  const asOf = new Date(w.asOf);
  return {
    sessions30d: count(definitions.sessions30d, asOf, sessions),
    averageSessionDurationMinutes: quotient(
      definitions.averageSessionDurationMinutes,
      asOf,
      minutes,
      sessions,
    ),
    averageMultiEventSessionMinutes: quotient(
      definitions.averageMultiEventSessionMinutes,
      asOf,
      minutes,
      multiEvent,
    ),
  };
}
