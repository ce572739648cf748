import { TestServerError } from "./errors.ts";
import type { Requirements, ServerVersion } from "./installation.ts";
import { type Step, silently } from "./step.ts";

/** What kind of server to start; all are optional. */
export interface StartServerOptions {
  /** Default `"18"`. */
  readonly version?: ServerVersion;
  /** Every commit reaches the disk (`fsync` and `full_page_writes` on). Default false: fast, safe but for a power cut. */
  readonly durable?: boolean;
  /** Loads and offers the extension `pg_textsearch` (version 18 only). Default false. */
  readonly textSearch?: boolean;
  /** Server settings on top of the defaults, such as `{ shared_buffers: "1GB" }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** How long a start may take, recovery after a crash included. Default 60 000. */
  readonly startTimeoutMs?: number;
  /** Wraps each step, to show progress and timing. */
  readonly step?: Step;
}

/** {@link StartServerOptions} with every default filled in. */
export interface ServerOptions extends Required<StartServerOptions>, Requirements {}

/**
 * Fills in the defaults.
 * @throws {TestServerError} INVALID_OPTION for an unknown version, a setting that is no setting's name,
 *   or `textSearch` with a version that has no such package
 */
export function resolveOptions(options: StartServerOptions): ServerOptions {
  const { version = "18", durable = false, textSearch = false, settings = {} } = options;
  const { startTimeoutMs = 60_000, step = silently } = options;
  if (version !== "15" && version !== "18") throw invalid("version", version, '"15" or "18"');
  if (textSearch && version !== "18") throw invalid("textSearch", textSearch, 'false with version "15"');
  if (!(startTimeoutMs > 0)) throw invalid("startTimeoutMs", startTimeoutMs, "a number above 0");
  for (const [name, value] of Object.entries(settings)) {
    if (!/^[a-z][a-z0-9_.]*$/i.test(name)) throw invalid("settings", name, "names like shared_buffers");
    if (/[\n\r]/.test(String(value))) throw invalid(`settings.${name}`, value, "a value on one line");
  }
  return { version, durable, textSearch, settings, startTimeoutMs, step };
}

function invalid(option: string, received: unknown, allowed: string): TestServerError {
  const message = `the option ${option} must be ${allowed}; received ${JSON.stringify(received)}`;
  return new TestServerError("INVALID_OPTION", message);
}
