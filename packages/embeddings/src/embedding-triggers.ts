import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, PgDialect, type PgTable } from "drizzle-orm/pg-core";
import { EmbeddingsError } from "./errors.ts";
import { mentionedIn, qualified } from "./source-columns.ts";
import type { Source } from "./sources/define-source.ts";
import {
  type BodyOptions,
  expressionsOf,
  judgementOf,
  ownTableBody,
  touchedTableBody,
} from "./trigger-bodies.ts";

export interface EmbeddingTriggerOptions {
  /** Schema of tables whose Drizzle definition names none. Default `public`. */
  schema?: string | undefined;
  /**
   * Sends the source's name on channel `devora_embeddings`, once per statement that queues something. Default true.
   * PostgreSQL commits transactions that notify one after the other, and takes none of them in two phases.
   */
  notify?: boolean | undefined;
}

/** Functions and triggers that keep one source's passages fresh. */
export interface EmbeddingTriggers {
  /** `devora.queue_notes_1f0c8a2b`: changes with the source, the options and this package's SQL. */
  readonly name: string;
  /** Creates them in place of older ones; for the login that migrates, in this order, in one transaction. */
  readonly statements: readonly SQL[];
}

export interface TriggerPlan extends EmbeddingTriggers {
  readonly functions: readonly string[];
  readonly triggerCount: number;
}

/**
 * The triggers of a source: statement triggers on its table, and on the tables of its `touchedBy`.
 *
 * An insert or update queues, with one statement however many rows it writes, the rows of which a column changed that
 * makes their passages; and a row is queued once however often a transaction changes it. Rows that are deleted, leave
 * `where` or get another owner lose their passages and vectors in the same transaction. They work for writers who may
 * do nothing with the queue: their functions are `security definer` and belong to `devora_definer`.
 *
 * Columns are those that the source refers to as `${table.column}`; its SQL may name functions of `pg_catalog` alone
 * (others with their schema), and not read its own table.
 *
 * @throws {EmbeddingsError} INVALID_OPTION for a source whose SQL refers to no column, or reads its own table
 *
 * @example
 * for (const statement of embeddingTriggersFor(noteSource).statements) await db.execute(statement);
 */
export function embeddingTriggersFor(
  source: Source,
  options: EmbeddingTriggerOptions = {},
): EmbeddingTriggers {
  const { name, statements } = triggerPlanOf(source, options);
  return { name, statements };
}

interface TriggerFunction {
  suffix: string;
  table: PgTable;
  body: SQL;
  operations: readonly Operation[];
}

type Operation = "insert" | "update" | "delete" | "truncate";

/** {@link embeddingTriggersFor}, and how to see whether they are there. */
export function triggerPlanOf(
  source: Source,
  { schema = "public", notify = true }: EmbeddingTriggerOptions,
): TriggerPlan {
  assertReadable(source);
  const functions: TriggerFunction[] = [
    {
      suffix: "",
      table: source.table,
      body: ownTableBody(source, { schema, notify }),
      operations: ["insert", "update", "delete", "truncate"],
    },
    ...source.touchedBy.map((touch, at) => ({
      suffix: `_by_${at + 1}`,
      table: touch.column.table as PgTable,
      body: touchedTableBody(source, touch, { schema, notify }),
      operations: ["insert", "update", "delete"] as const,
    })),
  ];
  const base = shortName(source.name);
  const hash = hashOf(
    ...functions.flatMap(({ body, table }) => [textOf(body), textOf(qualified(table, schema))]),
  );
  const settings = readsOthers(source) ? sql`set plan_cache_mode = force_custom_plan` : sql``;
  return {
    name: `devora.queue_${base}_${hash}`,
    functions: functions.map(({ suffix }) => `queue_${base}_${hash}${suffix}`),
    triggerCount: functions.reduce((sum, { operations }) => sum + operations.length, 0),
    statements: [
      dropFunctions(source),
      checkExpressions(source, { schema, notify }),
      ...tablesReadBy(source).map((table) => definerReads(table, schema)),
      ...functions.flatMap((made) => create({ ...made, base, hash, schema, settings })),
    ],
  };
}

/** What the names of a source's functions look like, of any version; for PostgreSQL and JavaScript. */
export const functionPattern = (source: Source): string =>
  `^queue_${shortName(source.name)}_[0-9a-f]{8}(_by_[0-9]+)?$`;

/** Removes the functions of a source, of any version, and with them their triggers. */
export const dropFunctions = (source: Source): SQL =>
  inlined(sql`do $devora_trigger$
declare
  outer_role text := current_setting('role');
  made regprocedure;
begin
  for made in
    select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'devora' and p.proname ~ ${functionPattern(source)}
  loop
    perform set_config('role', 'devora_definer', true);
    execute format('drop function %s cascade', made);
    perform set_config('role', outer_role, true);
  end loop;
end $devora_trigger$`);

/** What is unknown in SQL without a search path fails here, and not when somebody writes. */
const checkExpressions = (source: Source, options: BodyOptions): SQL =>
  inlined(sql`do $devora_trigger$
declare
  outer_path text := current_setting('search_path');
begin
  perform set_config('search_path', 'pg_catalog, pg_temp', true);
  perform ${judgementOf(source, options)} from ${qualified(source.table, options.schema)} as devora_row limit 0;
  perform set_config('search_path', outer_path, true);
end $devora_trigger$`);

function create({
  suffix,
  table,
  body,
  operations,
  base,
  hash,
  schema,
  settings,
}: TriggerFunction & { base: string; hash: string; schema: string; settings: SQL }): SQL[] {
  const name = sql`devora.${sql.identifier(`queue_${base}_${hash}${suffix}`)}`;
  return [
    inlined(sql`create function ${name}() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
${settings}
as $devora_trigger$${body}$devora_trigger$`),
    inlined(
      sql`comment on function ${name}() is 'Statement trigger: queues rows whose passages are stale, and removes the passages of rows that are gone.'`,
    ),
    ...operations.map(
      (operation) => sql`create trigger ${sql.identifier(`embeddings_${base}${suffix}_${operation}`)}
after ${sql.raw(operation)} on ${qualified(table, schema)}
${transitionTables[operation]} for each statement execute function ${name}()`,
    ),
    // Its triggers are there: whoever makes one needs the right to call it, which nobody has from now on.
    sql`select devora.hand_over(${`devora.queue_${base}_${hash}${suffix}()`}::regprocedure, variadic '{}')`,
  ];
}

const transitionTables: Record<Operation, SQL> = {
  insert: sql`referencing new table as new_rows`,
  update: sql`referencing old table as old_rows new table as new_rows`,
  delete: sql`referencing old table as old_rows`,
  truncate: sql``,
};

/** Lets devora_definer read a table, past its row level security. */
function definerReads(table: PgTable, fallbackSchema: string): SQL {
  const { name, schema = fallbackSchema } = getTableConfig(table);
  const target = qualified(table, fallbackSchema);
  const text = textOf(target);
  return inlined(sql`do $devora_trigger$
begin
  if not has_schema_privilege('devora_definer', ${schema}, 'usage') then
    grant usage on schema ${sql.identifier(schema)} to devora_definer;
  end if;
  if not exists (
    select from pg_catalog.pg_policy p join pg_catalog.pg_roles r on r.oid = any(p.polroles)
    where p.polrelid = ${text}::regclass and r.rolname = 'devora_definer' and p.polcmd in ('r', '*')
  ) and (select relrowsecurity from pg_catalog.pg_class where oid = ${text}::regclass) then
    create policy ${sql.identifier(`${name}_definer_read`)} on ${target} for select to devora_definer using (true);
  end if;
  if not has_table_privilege('devora_definer', ${text}::regclass, 'select') then
    grant select on ${target} to devora_definer;
  end if;
end $devora_trigger$`);
}

/** A trigger sees the rows of its own table without a right to it; a function of another table has to read them. */
const tablesReadBy = (source: Source): PgTable[] => {
  const others = mentionedIn([source.live]).tables;
  return [...new Set([...(source.touchedBy.length > 0 ? [source.table] : []), ...others])];
};

const readsOthers = (source: Source): boolean => mentionedIn([source.live]).tables.size > 0;

function assertReadable(source: Source): void {
  const { columns, tables } = mentionedIn(expressionsOf(source));
  const flaw = tables.has(source.table)
    ? "its SQL reads its own table"
    : ![...columns].some(({ table }) => table === source.table) && source.touchedBy.length === 0
      ? "its SQL refers to no column of its table"
      : undefined;
  if (flaw === undefined) return;
  throw new EmbeddingsError(
    "INVALID_OPTION",
    `embeddingTriggersFor "${source.name}": ${flaw}, so that no trigger knows what changes a row. Refer to columns as \${table.column}; or queue its rows by enqueue.`,
  );
}

/** Names of PostgreSQL have 63 bytes. */
const shortName = (source: string): string =>
  source.length <= 40 ? source : `${source.slice(0, 31)}_${hashOf(source)}`;

const hashOf = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);

/** For statements that take no parameters. */
const inlined = (statement: SQL): SQL => statement.inlineParams();

const textOf = (statement: SQL): string => new PgDialect().sqlToQuery(sql`${statement}`.inlineParams()).sql;
