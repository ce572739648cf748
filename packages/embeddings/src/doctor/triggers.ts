import { type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { functionPattern, type TriggerPlan, triggerPlanOf } from "../embedding-triggers.ts";
import { isEmbeddingsError } from "../errors.ts";
import type { Source } from "../sources/define-source.ts";
import { type Check, type Diagnosis, type Examination, ok, warning } from "./check.ts";

/** Trigger functions of any version, each with the number of its triggers that fire. */
export const installedFunctionsQuery: SQL = sql`
  select made.proname as name,
    count(fired.oid) filter (where fired.tgenabled in ('O', 'A') and not fired.tgisinternal)::integer as triggers
  from pg_catalog.pg_proc as made
  join pg_catalog.pg_namespace as namespace on namespace.oid = made.pronamespace
  left join pg_catalog.pg_trigger as fired on fired.tgfoid = made.oid
  where namespace.nspname = 'devora' and made.proname ~ '^queue_.+_[0-9a-f]{8}(_by_[0-9]+)?$'
  group by made.proname`;

type Installed = ReadonlyMap<string, number>;

export const decodeInstalled = (rows: readonly Row[]): Installed =>
  new Map(rows.map((row) => [String(row.name), Number(row.triggers)]));

type TriggerState = "current" | "outdated" | "incomplete" | "missing";

/** @param plan undefined for a source that can have no triggers */
export function triggerStateOf(
  source: Source,
  plan: TriggerPlan | undefined,
  installed: Installed,
): TriggerState {
  const pattern = new RegExp(functionPattern(source));
  const own = [...installed.keys()].filter((name) => pattern.test(name));
  if (own.length === 0) return "missing";
  if (!own.some((name) => plan?.functions.includes(name))) return "outdated";
  const fired = plan?.functions.reduce((sum, name) => sum + (installed.get(name) ?? 0), 0);
  return fired === plan?.triggerCount ? "current" : "incomplete";
}

/** Triggers are for those who want them: none at all are as good as all. */
export function diagnoseTriggers(states: ReadonlyMap<string, TriggerState>): Diagnosis {
  const named = (state: TriggerState) => [...states].filter(([, its]) => its === state).map(([name]) => name);
  const { current, outdated, incomplete, missing } = {
    current: named("current"),
    outdated: named("outdated"),
    incomplete: named("incomplete"),
    missing: named("missing"),
  };
  const figures = {
    current: current.length,
    outdated: outdated.length,
    incomplete: incomplete.length,
    missing: missing.length,
  };
  if (missing.length === states.size) {
    return ok("No triggers are installed: rows are queued by enqueue, or found by sweep.", figures);
  }
  if (current.length === states.size) return ok("All sources have their triggers.", figures);
  const says = [
    ...(outdated.length > 0 ? [`of another version: ${outdated.join(", ")}`] : []),
    ...(incomplete.length > 0 ? [`incomplete or disabled: ${incomplete.join(", ")}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join(", ")}`] : []),
  ];
  const advice =
    incomplete.length > 0
      ? "removeEmbeddingTriggers, then installEmbeddingTriggers, with the login that migrates; what was disabled may be enabled by alter table … enable trigger."
      : "installEmbeddingTriggers with the login that migrates, and with the options passed here as triggers; where only some sources should have triggers, sweep finds what changes in the others.";
  return warning(`Triggers of sources are ${says.join("; ")}.`, advice, figures);
}

export const triggers: Check = {
  name: "triggers",
  async examine({ tx, context, triggers: options }) {
    const installed = decodeInstalled(await rowsOf(tx, installedFunctionsQuery));
    const states = [...context.sources.values()].map(
      (source) => [source.name, triggerStateOf(source, planOf(source, options), installed)] as const,
    );
    return diagnoseTriggers(new Map(states));
  },
};

function planOf(source: Source, options: Examination["triggers"]): TriggerPlan | undefined {
  try {
    return triggerPlanOf(source, options);
  } catch (thrown) {
    if (isEmbeddingsError(thrown)) return undefined;
    throw thrown;
  }
}
