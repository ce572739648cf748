/**
 * Why a throw-away server could not be had.
 *
 * - `INVALID_OPTION`: an option or command line argument has a value that is not allowed
 * - `NOT_INSTALLED`: the version is missing and this process may not install it (it is not root)
 * - `INSTALL`: getting the server failed
 * - `COMMAND`: a program that was run exited with an error
 * - `NOT_READY`: a server was started and did not answer in time, or stopped by itself
 */
export type TestServerErrorCode = "INVALID_OPTION" | "NOT_INSTALLED" | "INSTALL" | "COMMAND" | "NOT_READY";

/** The one error of this module; `message` says what happened and what to do next. */
export class TestServerError extends Error {
  readonly code: TestServerErrorCode;

  constructor(code: TestServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TestServerError";
    this.code = code;
  }
}
