import { DrizzleQueryError } from "drizzle-orm";
import type { Row } from "./database.ts";

/** What a driver's error tells that is fit for logs: names of the schema and codes, never values. */
export interface DriverFacts {
  /** SQLSTATE, or the socket's or driver's code. */
  code: string | undefined;
  schema: string | undefined;
  table: string | undefined;
  column: string | undefined;
  constraint: string | undefined;
  /** `lost`: the server or the network ended it; `closed`: the program closed the client itself. */
  connection: "lost" | "closed" | undefined;
}

const lostCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // postgres.js
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
]);
const closedCodes = new Set(["CONNECTION_ENDED", "CONNECTION_DESTROYED"]);

// node-postgres and PGlite give these no code, so their fixed texts have to do.
const lostMessages = new Set([
  "Connection terminated unexpectedly",
  "Connection terminated due to connection timeout",
  "Client has encountered a connection error and is not queryable",
  "Query read timeout",
  "timeout expired",
  "timeout exceeded when trying to connect",
]);
const closedMessages = new Set([
  "Connection terminated",
  "Client was closed and is not queryable",
  "Cannot use a pool after calling end on the pool",
  "PGlite is closing",
  "PGlite is closed",
]);

/**
 * The facts of what a driver threw, through Drizzle's and others' wrapping; undefined for an error of another kind.
 * A bare socket's error counts; below another's wrapping it does not, because it may be that of a call over HTTP.
 */
export function driverFactsOf(error: unknown): DriverFacts | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = error as unknown as Row;
  const chain = chainOf(own);
  const query = chain.some(isQueryError);
  const sockets = query ? chain : chain.filter((link) => link === own || isAggregateOf(error, link));
  const found =
    chain.find((link) => sqlStateOf(link) !== undefined) ??
    sockets.find((link) => connectionOf(link) !== undefined);
  if (found) return factsOf(found);
  return query ? factsOf({}) : undefined;
}

/** The error, its causes, and the members of an AggregateError (one per address that was tried). */
function chainOf(error: Row): Row[] {
  const links: Row[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && links.length < 20) {
    const link = waiting.shift();
    if (typeof link !== "object" || link === null || links.includes(link as Row)) continue;
    links.push(link as Row);
    const { cause, errors } = link as { cause?: unknown; errors?: unknown };
    waiting.push(cause, ...(Array.isArray(errors) ? errors : []));
  }
  return links;
}

/** By name too, because the host's Drizzle may be another copy. */
const isQueryError = (link: unknown): boolean =>
  link instanceof DrizzleQueryError ||
  (link instanceof Error && link.constructor.name === "DrizzleQueryError");

const isAggregateOf = (error: Error, member: unknown): boolean =>
  error instanceof AggregateError && error.errors.includes(member);

const textOf = (link: Row, ...names: string[]): string | undefined => {
  for (const name of names) {
    const value = link[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
};

/** EPIPE and EPERM have the form of a SQLSTATE; the server's own errors bring a severity. */
function sqlStateOf(link: Row): string | undefined {
  const code = textOf(link, "code");
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  return !code.startsWith("E") || "severity" in link ? code : undefined;
}

function connectionOf(link: Row): DriverFacts["connection"] {
  const code = textOf(link, "code") ?? "";
  const message = textOf(link, "message") ?? "";
  if (lostCodes.has(code) || lostMessages.has(message)) return "lost";
  if (closedCodes.has(code) || closedMessages.has(message)) return "closed";
  return undefined;
}

/** postgres.js says `table_name` where node-postgres and PGlite say `table`. */
const factsOf = (link: Row): DriverFacts => ({
  code: sqlStateOf(link) ?? (connectionOf(link) === undefined ? undefined : textOf(link, "code")),
  schema: textOf(link, "schema_name", "schema"),
  table: textOf(link, "table_name", "table"),
  column: textOf(link, "column_name", "column"),
  constraint: textOf(link, "constraint_name", "constraint"),
  connection: sqlStateOf(link) === undefined ? connectionOf(link) : undefined,
});
