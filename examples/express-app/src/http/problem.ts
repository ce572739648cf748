import { isDatabaseError, toDatabaseError } from "@devora/db-schema";
import type { ErrorRequestHandler, RequestHandler, Response } from "express";

/** Where and how an input is wrong. */
export interface FieldError {
  /** `body.message`, `query.limit`, `params.id`. */
  field: string;
  message: string;
}

/** An answer that is no success, as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(status: number, detail: string, errors: readonly FieldError[] = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

const titles: Record<number, string> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Forbidden",
  404: "Not found",
  409: "Conflict",
  413: "Content too large",
  500: "Internal server error",
  502: "Bad gateway",
  503: "Service unavailable",
};

export const notFound = (what: string): Problem =>
  new Problem(404, `There is no such ${what}, or it belongs to somebody else.`);

/** Answers every route that no handler took. */
export const unknownRoute: RequestHandler = (request) => {
  throw new Problem(404, `There is no ${request.method} ${request.path}.`);
};

/** Turns what handlers throw into problem details; what is not known to be harmless stays in the log. */
export function problemHandler(log: (error: unknown) => void): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    // What Drizzle throws holds the statement's values; neither the log nor the client may see them.
    const error = toDatabaseError(`${request.method} ${request.path}`, thrown);
    const problem = toProblem(error);
    if (problem.status >= 500 && !(error instanceof Problem)) log(error);
    if (response.headersSent) return next(error);
    sendProblem(response, problem);
  };
}

function sendProblem(response: Response, { status, message, errors }: Problem): void {
  if (status === 503) response.setHeader("retry-after", "1");
  response
    .status(status)
    .type("application/problem+json")
    .send(
      JSON.stringify({
        type: "about:blank",
        title: titles[status] ?? "Error",
        status,
        detail: message,
        ...(errors.length > 0 ? { errors } : {}),
      }),
    );
}

/** Codes of the packages' errors that are no fault of this host, with their status. */
const packageCodes: Record<string, number> = {
  EMPTY_QUERY: 400,
  INVALID_CURSOR: 400,
  BUDGET_TOO_SMALL: 400,
  CONVERSATION_NOT_FOUND: 404,
  GENERATION_FAILED: 502,
  RETRIEVAL_FAILED: 503,
};

/** The field that such an error is about. */
const packageFields: Record<string, string> = { INVALID_CURSOR: "query.cursor" };

/** What the client is told of an error: nothing that may be sensitive. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseError(error))
    return error.retryable
      ? new Problem(503, "The database is not reachable just now. Try again.")
      : new Problem(500, "The database refused the operation.");
  const { code, status, type, message } = (
    typeof error === "object" && error !== null ? error : {}
  ) as Record<string, unknown>;
  const known = packageCodes[String(code)];
  if (known !== undefined) {
    const field = packageFields[String(code)];
    return new Problem(
      known,
      String(message),
      field === undefined ? [] : [{ field, message: String(message) }],
    );
  }
  if (type === "entity.parse.failed")
    return new Problem(400, "The body is not valid JSON.", [
      { field: "body", message: "must be valid JSON" },
    ]);
  if (type === "entity.too.large") return new Problem(413, "The body is larger than this route takes.");
  // body-parser, the router and static files throw errors with a status of their own, such as a malformed escape in a path.
  if (typeof status === "number" && status >= 400 && status < 500)
    return new Problem(status, "The request is malformed.");
  return new Problem(500, "Something went wrong here. The log says what.");
}
