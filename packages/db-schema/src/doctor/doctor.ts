import { isDatabaseError, toDatabaseError, withDatabaseErrors } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import { type Ask, type DoctorTarget, withAsk } from "./ask.ts";
import type { Check } from "./check.ts";
import { checks } from "./checks/index.ts";
import { decodeFacts, type Facts, factsQuery } from "./facts.ts";
import type { Finding } from "./finding.ts";

export interface DoctorOptions extends DoctorTarget {
  /** PostgreSQL schemas to look at, your own tables included. Default `devora` and `public`. */
  schemas?: readonly string[];
}

/**
 * Looks for what breaks row level security, slows queries down or makes work fail later, and says how to put it
 * right. Works on the packages' tables and on your own; run it with the login that your application uses.
 *
 * Reads the catalogue only, in one read-only transaction. A check that this login may not make is an `info` finding.
 *
 * @returns findings: errors, then warnings, then infos, each by check and object; empty when all is well
 * @throws {SchemaError} INVALID_OPTION without exactly one of db, url and client
 * @throws {DatabaseError} when the server cannot be reached
 *
 * @example
 * const errors = (await doctor({ db })).filter((finding) => finding.severity === "error");
 * // [{ check: "row-security-off", severity: "error", object: "public.notes", message: "…", fix: "alter table …" }]
 */
export async function doctor({
  schemas = ["devora", "public"],
  ...target
}: DoctorOptions): Promise<Finding[]> {
  if (schemas.length === 0) {
    throw new SchemaError("INVALID_OPTION", "doctor: schemas must name at least one schema; received none.");
  }
  const findings = await withDatabaseErrors("doctor", () =>
    withAsk(target, async (ask) => {
      const [row] = await ask(factsQuery());
      return examine(ask, decodeFacts(row, schemas));
    }),
  );
  return findings.sort(byUrgency);
}

async function examine(ask: Ask, facts: Facts): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await runCheck(ask, check, facts)));
  return findings;
}

async function runCheck(ask: Ask, check: Check, facts: Facts): Promise<Finding[]> {
  const query = check.query(facts);
  if (query === undefined) return [];
  try {
    return (await ask(query, check.asService)).flatMap((row) => {
      const finding = check.finding(row, facts);
      return finding === undefined ? [] : [{ check: check.name, ...finding }];
    });
  } catch (thrown) {
    const error = toDatabaseError(`doctor.${check.name}`, thrown);
    if (!isDatabaseError(error) || error.retryable || error.sqlState === undefined) throw error;
    return [
      {
        check: check.name,
        severity: "info",
        object: facts.login,
        message: `This login could not make the check (SQLSTATE ${error.sqlState}).`,
        fix: "Run doctor as well with the login that migrates.",
      },
    ];
  }
}

const ranks = { error: 0, warning: 1, info: 2 };
const byUrgency = (a: Finding, b: Finding): number =>
  ranks[a.severity] - ranks[b.severity] || compare(a.check, b.check) || compare(a.object, b.object);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
