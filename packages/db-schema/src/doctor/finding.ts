export type Severity = "error" | "warning" | "info";

/** Something that `doctor` found. */
export interface Finding {
  /** Which check, for example `policy-clause`; docs/cli.md lists them. */
  check: string;
  /** `error`: rows may reach whom they must not, or work fails. `warning`: will hurt. `info`: worth knowing. */
  severity: Severity;
  /** What it is about: a table, index, function, role or extension, quoted as SQL needs it. */
  object: string;
  /** What is wrong. */
  message: string;
  /** SQL or the step that puts it right. */
  fix: string;
}
