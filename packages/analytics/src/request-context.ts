import { AsyncLocalStorage } from "node:async_hooks";
import { storableText } from "./storable-text.ts";

/** What is known of the request that an event happened in. Texts are cut after 1,000 characters, the session after 400. */
export interface RequestContext {
  requestId?: string | undefined;
  /** Kept in the event's own column. */
  sessionId?: string | undefined;
  /** Path without query. */
  path?: string | undefined;
  referrer?: string | undefined;
  userAgent?: string | undefined;
  utm?: Readonly<Partial<Record<UtmParameter, string | undefined>>> | undefined;
}

/** A campaign parameter of a link, without its prefix `utm_`. */
export type UtmParameter = "source" | "medium" | "campaign" | "term" | "content";

export const utmParameters: readonly UtmParameter[] = ["source", "medium", "campaign", "term", "content"];

export interface RequestContexts {
  /** Runs `fn` and everything it awaits with this context, on top of the one around it. */
  run<T>(context: RequestContext, fn: () => T): T;
  current(): RequestContext;
}

export function createRequestContexts(): RequestContexts {
  const storage = new AsyncLocalStorage<RequestContext>();
  const current = () => storage.getStore() ?? {};
  return { current, run: (context, fn) => storage.run({ ...current(), ...context }, fn) };
}

/** The context's columns of an event: PostHog's names where it has one. Never refuses: much of it comes from clients. */
export function contextColumns(context: RequestContext): {
  sessionId: string | null;
  context: Record<string, string>;
} {
  const entries: [string, unknown][] = [
    ["request_id", context.requestId],
    ["$pathname", context.path],
    ["$referrer", context.referrer],
    ["$raw_user_agent", context.userAgent],
    ...utmParameters.map((name): [string, unknown] => [`utm_${name}`, context.utm?.[name]]),
  ];
  const columns: Record<string, string> = {};
  for (const [name, value] of entries) {
    const text = contextText(value, 1000);
    if (text !== undefined) columns[name] = text;
  }
  return { sessionId: contextText(context.sessionId, 400) ?? null, context: columns };
}

function contextText(value: unknown, maxLength: number): string | undefined {
  return typeof value === "string" && value !== "" ? storableText(value.slice(0, maxLength)) : undefined;
}
