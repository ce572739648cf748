import type { PosthogWireEvent } from "./posthog-rules.ts";

/** What the loopback PostHog's query API asks of its callers. */
export interface PosthogQueryRules {
  /** Default: any key that is not empty. */
  personalApiKey?: string;
  /** Default `1`. */
  projectId?: string;
  /** Most rows of an answer, whatever the query's limit. Default 50,000, PostHog's own. */
  maxRows?: number;
  /** By how much kept events have a later time than they were sent with, as PostHog corrects clocks. Default 0. */
  shiftMs?: number;
}

export interface RawQuery {
  method: string | undefined;
  path: string | undefined;
  authorization: string | undefined;
  body: string;
}

export interface QueryAnswer {
  status: 200 | 400 | 401 | 404;
  body: unknown;
  /** What would get a wrong answer of the real one, or none. */
  violations: string[];
}

const time = String.raw`toDateTime\('(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)'\)`;
/** The one statement that a reader of ids needs. UUIDs as text: ClickHouse orders UUIDs by their second half. */
const statement = new RegExp(
  String.raw`^select toString\(uuid\) as id from events where timestamp >= ${time} and timestamp < ${time} and properties\.\$lib = '([^']+)'(?: and toString\(uuid\) > '([0-9a-f-]{36})')? group by id order by id limit (\d+)$`,
);

/** Answers PostHog's `POST /api/projects/:id/query/`, for the statement that `posthogReader` sends. */
export function answerQuery(
  { method, path, authorization, body }: RawQuery,
  events: Iterable<PosthogWireEvent>,
  { personalApiKey, projectId = "1", maxRows = 50_000, shiftMs = 0 }: PosthogQueryRules,
): QueryAnswer {
  const refuse = (status: QueryAnswer["status"], violation?: string): QueryAnswer => ({
    status,
    body: { type: "validation_error", detail: "refused" },
    violations: violation === undefined ? [] : [violation],
  });
  const key = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
  if (key === undefined || (personalApiKey !== undefined && key !== personalApiKey)) return refuse(401);
  if (path !== `/api/projects/${projectId}/query/`) return refuse(404);
  if (method !== "POST") return refuse(400, `a query by ${method}`);
  const { query, refresh } = parse(body);
  if (query?.kind !== "HogQLQuery") return refuse(400, "no HogQLQuery");
  if (refresh !== "force_blocking") return refuse(400, "a query that the cache may answer");
  const [, from, to, library, after = "", limit] = statement.exec(String(query.query)) ?? [];
  if (from === undefined || to === undefined) return refuse(400, "a query of which the answer is not known");

  const isWithin = ({ timestamp, properties }: PosthogWireEvent): boolean => {
    const at = Date.parse(timestamp) + shiftMs;
    return at >= Date.parse(from) && at < Date.parse(to) && properties.$lib === library;
  };
  const ids = [...events].filter((event) => isWithin(event) && event.uuid > after).map(({ uuid }) => uuid);
  const rows = [...new Set(ids)].sort().slice(0, Math.min(Number(limit), maxRows));
  return { status: 200, body: { columns: ["id"], results: rows.map((id) => [id]) }, violations: [] };
}

function parse(body: string): { query?: { kind?: unknown; query?: unknown }; refresh?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
