export { TestServerError, type TestServerErrorCode } from "./errors.ts";
export { isInstalled } from "./install.ts";
export type { Installation, ServerVersion } from "./installation.ts";
export type { StartServerOptions } from "./options.ts";
export type { StopMode } from "./postgres-process.ts";
export { type PgBouncer, type StartPgBouncerOptions, startPgBouncer } from "./start-pgbouncer.ts";
export { startServer, type TestServer } from "./start-server.ts";
export type { Step } from "./step.ts";
