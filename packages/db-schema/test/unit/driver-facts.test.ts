import { DatabaseError, SchemaError, toDatabaseError } from "@devora/db-schema";
import { DrizzleQueryError } from "drizzle-orm";
import { expect, test } from "vitest";

const withCode = (code: string, message = "socket") => Object.assign(new Error(message), { code });
const query = (cause: Error) => new DrizzleQueryError("select $1", ["secret"], cause);

test.each<[string, unknown, Partial<DatabaseError>]>([
  [
    "a refused connection to each address",
    new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]),
    { sqlState: "ECONNREFUSED", retryable: true },
  ],
  [
    "a reset below an aggregate below Drizzle",
    query(new AggregateError([withCode("ECONNRESET")])),
    { sqlState: "ECONNRESET", retryable: true },
  ],
  [
    "node-postgres' lost connection, which has no code",
    query(new Error("Connection terminated unexpectedly")),
    { sqlState: undefined, retryable: true },
  ],
  ["node-postgres' deadline", query(new Error("Query read timeout")), { retryable: true }],
  [
    "postgres.js' lost connection",
    withCode("CONNECTION_CLOSED"),
    { sqlState: "CONNECTION_CLOSED", retryable: true },
  ],
  [
    "postgres.js after end()",
    withCode("CONNECTION_ENDED"),
    { sqlState: "CONNECTION_ENDED", retryable: false },
  ],
  ["a pipe that broke", query(withCode("EPIPE")), { sqlState: "EPIPE", retryable: true }],
  [
    "PgBouncer without a free connection",
    withCode("08P01", "query_wait_timeout"),
    { sqlState: "08P01", retryable: true },
  ],
  ["a deadlock", query(withCode("40P01")), { retryable: true }],
  [
    "the server's error, not its cause's socket",
    query(Object.assign(new Error("x", { cause: withCode("ECONNRESET") }), { code: "23505" })),
    { sqlState: "23505", retryable: false },
  ],
  [
    "a function's state that looks like a socket's",
    query(Object.assign(withCode("EABCD"), { severity: "ERROR" })),
    { sqlState: "EABCD", retryable: false },
  ],
  [
    "a query that failed for an unknown reason",
    query(new Error("odd")),
    { sqlState: undefined, retryable: false },
  ],
])("%s is a database error", (_kind, thrown, expected) => {
  const error = toDatabaseError("test.run", thrown);
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error).toMatchObject(expected);
  expect(String(error)).not.toContain("secret");
});

test.each<[string, unknown]>([
  ["a file that may not be read", withCode("EPERM")],
  ["a call over HTTP that was reset", new TypeError("fetch failed", { cause: withCode("ECONNRESET") })],
  ["a wrong option", new SchemaError("INVALID_OPTION", "x")],
  [
    "an error about a database error",
    new Error("not saved", { cause: new DatabaseError("a.b", withCode("23505")) }),
  ],
  ["no error at all", "23505"],
  ["undefined", undefined],
])("%s passes unchanged", (_kind, thrown) => {
  expect(toDatabaseError("test.run", thrown)).toBe(thrown);
});

test("an error whose causes go round in a circle is read once", () => {
  const error = query(new Error("a"));
  (error.cause as Error).cause = error;
  expect(toDatabaseError("test.run", error)).toMatchObject({ sqlState: undefined });
});
