import { type RequestContext, type RequestContexts, utmParameters } from "./request-context.ts";

/** What the middleware reads of a request: Express', and Node's own `IncomingMessage`. */
export interface RequestLike {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  url?: string | undefined;
  /** Express: the URL before routers cut their own path off. */
  originalUrl?: string | undefined;
}

export interface MiddlewareOptions<R extends RequestLike = RequestLike> {
  /** The visit's id. Default: header `x-posthog-session-id`, which PostHog's browser library sends. */
  sessionId?: (request: R) => string | undefined;
}

export type RequestMiddleware<R extends RequestLike = RequestLike> = (
  request: R,
  response: unknown,
  next: () => void,
) => void;

/** Opens a context for each request. No query but the UTM parameters is kept, and no address of the client. */
export function createExpressMiddleware<R extends RequestLike>(
  contexts: RequestContexts,
  generateId: () => string,
  { sessionId = (request) => header(request, "x-posthog-session-id") }: MiddlewareOptions<R>,
): RequestMiddleware<R> {
  return (request, _response, next) => {
    const requestId = header(request, "x-request-id") ?? generateId();
    contexts.run({ ...requestFacts(request), requestId, sessionId: sessionId(request) }, next);
  };
}

function requestFacts(request: RequestLike): RequestContext {
  const target = request.originalUrl ?? request.url ?? "";
  const [path, query = ""] = target.split("#", 1)[0]?.split(/\?(.*)/s, 2) ?? [];
  const parameters = new URLSearchParams(query);
  return {
    path,
    referrer: withoutQuery(header(request, "referer")),
    userAgent: header(request, "user-agent"),
    utm: Object.fromEntries(utmParameters.map((name) => [name, parameters.get(`utm_${name}`) ?? undefined])),
  };
}

/** Queries and fragments of other pages hold searches, tokens and addresses. */
function withoutQuery(referrer: string | undefined): string | undefined {
  if (referrer === undefined || !URL.canParse(referrer)) return undefined;
  const { protocol, host, pathname } = new URL(referrer);
  return `${protocol}//${host}${pathname}`;
}

function header(request: RequestLike, name: string): string | undefined {
  const value = request.headers[name];
  const first = typeof value === "string" ? value : value?.[0];
  return first === "" ? undefined : first;
}
