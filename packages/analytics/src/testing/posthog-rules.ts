import { gunzipSync } from "node:zlib";
import { violationsOfProperties } from "./posthog-property-rules.ts";

/** An event as it arrived at `/batch/`. */
export interface PosthogWireEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
  timestamp: string;
}

/** The body of a request to `/batch/`. */
export interface PosthogBatch {
  api_key: string;
  batch: PosthogWireEvent[];
  sent_at: string;
  historical_migration?: boolean;
}

export interface PosthogRules {
  /** Default: any key that is not empty. */
  apiKey?: string;
  /** Most bytes of a request, before and after compression. Default 20 MB, PostHog's own limit. */
  maxBytes?: number;
  /** Events for which a whole request is answered with 400: poison. Default: none. */
  refuses?: (event: PosthogWireEvent) => boolean;
  /** Events that are not kept though the answer says so. Default: none. */
  drops?: (event: PosthogWireEvent) => boolean;
}

/** A request as the rules see it. */
export interface RawRequest {
  method: string | undefined;
  path: string | undefined;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Buffer;
}

export interface Judgement {
  status: 200 | 400 | 401 | 413;
  /** What a client of ours must never do; empty where it is poison or size alone. */
  violations: string[];
  /** The uncompressed body; empty where it cannot be read. */
  text: string;
  /** Undefined where it is no batch. */
  batch: PosthogBatch | undefined;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Judges a request by what PostHog documents, and by what makes it drop or double events without a word. */
export function judgeRequest(
  { method, path, headers, body }: RawRequest,
  { apiKey, maxBytes = 20_000_000, refuses = () => false }: PosthogRules,
): Judgement {
  const violations: string[] = [];
  const ask = (holds: boolean, violation: string) => {
    if (!holds) violations.push(violation);
  };
  ask(method === "POST", `method ${method}`);
  ask(path === "/batch/", "a path that is not /batch/");
  ask(headers["content-type"] === "application/json", "content-type is not application/json");
  ask(headers["content-encoding"] === "gzip", "content-encoding is not gzip");

  const text = textOf(body);
  if (body.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    return { status: 413, violations, text, batch: undefined };
  }
  const batch = parse(text);
  if (batch === undefined) {
    violations.push("the body is no gzipped JSON object with a batch");
    return { status: 400, violations, text, batch };
  }
  const { api_key: key, batch: events, sent_at: sentAt, historical_migration: historical, ...rest } = batch;
  ask(Object.keys(rest).length === 0, `fields ${Object.keys(rest).join(", ")}`);
  ask(instant.test(String(sentAt)), "sent_at is no ISO time with milliseconds");
  ask(historical === undefined || historical === true, "historical_migration is not true");
  ask(events.length > 0, "an empty batch");
  ask(new Set(events.map((event) => event.uuid)).size === events.length, "a uuid twice in one batch");
  for (const event of events) violations.push(...violationsOf(event));
  if (key === "" || typeof key !== "string" || (apiKey !== undefined && key !== apiKey)) {
    return { status: 401, violations, text, batch };
  }
  return { status: violations.length > 0 || events.some(refuses) ? 400 : 200, violations, text, batch };
}

function violationsOf(event: PosthogWireEvent): string[] {
  const { uuid: id, event: name, distinct_id: distinctId, properties, timestamp, ...rest } = event;
  const checks: [boolean, string][] = [
    [uuid.test(String(id)), "a uuid that is none"],
    // PostHog answers 200 to these and drops them.
    [typeof name === "string" && name !== "", "an event without name"],
    [typeof distinctId === "string" && distinctId !== "", "an event without distinct_id"],
    [typeof properties === "object" && properties !== null, "properties that are no object"],
    [instant.test(String(timestamp)), "a timestamp that is no ISO time with milliseconds"],
    [Object.keys(rest).length === 0, `fields ${Object.keys(rest).join(", ")} of an event`],
  ];
  return [
    ...checks.filter(([holds]) => !holds).map(([, violation]) => violation),
    ...violationsOfProperties(event),
  ];
}

function textOf(body: Buffer): string {
  try {
    return gunzipSync(body).toString("utf8");
  } catch {
    return "";
  }
}

function parse(text: string): PosthogBatch | undefined {
  try {
    const value = JSON.parse(text) as Partial<PosthogBatch> | null;
    const isBatch = Array.isArray(value?.batch) && value.batch.every((event) => typeof event === "object");
    return isBatch ? (value as PosthogBatch) : undefined;
  } catch {
    return undefined;
  }
}
