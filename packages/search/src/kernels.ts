import { createHash } from "node:crypto";
import { type Database, rowsOf, withDatabaseErrors, withTransaction } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, PgDialect } from "drizzle-orm/pg-core";
import { SearchError } from "./errors.ts";
import { castTypeOf } from "./queries/column-type.ts";
import { countsQuery } from "./queries/counts.ts";
import { type Input, type KernelVariable, kernelInput } from "./queries/input.ts";
import { sourceRankingQuery } from "./queries/ranking.ts";
import { kernelOwner } from "./queries/scope.ts";
import { searchStatisticsFor } from "./search-statistics.ts";
import type { Source } from "./source.ts";

export interface KernelOptions {
  /** Schema of tables whose Drizzle definition names none. Default `public`. */
  schema?: string | undefined;
  /** Who may call it, beside `devora_definer`. Default `["devora_app"]`. */
  roles?: readonly string[] | undefined;
}

/** Functions that search one source within the caller's own rows. */
export interface SearchKernel {
  /**
   * `devora.search_books_1f0c8a2b_count(jsonb)`: changes with the source's definition and with this package's SQL. One
   * plan serves all calls of a session, which suits owners of few rows.
   */
  readonly count: string;
  readonly rank: string;
  /** The same, planned at each call: for owners of many rows and for frequent words, where the best plan depends on them. */
  readonly countPlanned: string;
  readonly rankPlanned: string;
  /** Creates them; for the login that migrates, in this order, in one transaction. */
  readonly statements: readonly SQL[];
}

/**
 * The search kernel of a source: `security definer` functions that belong to `devora_definer`.
 *
 * Under row level security PostgreSQL uses no index for `@@`, because the operator may leak what it sees; a search
 * then reads all rows of its owner. The kernel holds the owner's predicate itself, by `app.user_id` and not by an
 * argument, so that a caller cannot ask for another's rows, and answers ids and scores alone; titles and texts are
 * read again under the caller's policies. A kernel runs the statement that is sent where there is none: the results
 * are the same.
 *
 * @throws {SearchError} INVALID_SOURCE for a source without an owner
 *
 * @example
 * for (const statement of searchKernelFor(bookSource).statements) await db.execute(statement);
 * // create function devora.search_books_1f0c8a2b_count(devora_request jsonb) … security definer …
 */
export function searchKernelFor(source: Source, options: KernelOptions = {}): SearchKernel {
  const { schema = "public", roles = ["devora_app"] } = options;
  const { owner, name } = source;
  if (!owner) {
    throw new SearchError(
      "INVALID_SOURCE",
      `searchKernelFor: source ${name} has no owner. Kernels are for rows that belong to owners; without one, nothing hides the index.`,
    );
  }
  const count = bodyOf(source, (input) => countsQuery(source, input), schema);
  const rank = bodyOf(source, (input) => sourceRankingQuery(source, input), schema);
  const hash = createHash("sha256").update(`${count}\n${rank}`).digest("hex").slice(0, 8);
  const base = `search_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).slice(0, 40)}_${hash}`;
  const create = (suffix: string, columns: string, settings: string, body: string): SQL =>
    sql.raw(`create function devora.${base}_${suffix}(devora_request jsonb)
returns table (${columns})
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = ${settings}
set jit = off
as $devora_kernel$
${body}$devora_kernel$`);
  const comment = (suffix: string, text: string): SQL =>
    sql.raw(`comment on function devora.${base}_${suffix}(jsonb) is '${text}'`);
  const handOver = (suffix: string): SQL =>
    sql`select devora.hand_over(${`devora.${base}_${suffix}(jsonb)`}::regprocedure, variadic ${sql.param([...roles])}::name[])`;
  const ranked = "id text, score float8, missing text, floor text, facets jsonb";
  const functions = [
    { suffix: "count", columns: "kind text, ordinal integer, count integer", body: count },
    { suffix: "rank", columns: ranked, body: rank },
  ].flatMap((one) => [
    { ...one, plan: "force_generic_plan", note: "" },
    { ...one, suffix: `${one.suffix}_planned`, plan: "force_custom_plan", note: " Planned at each call." },
  ]);
  return {
    count: `devora.${base}_count`,
    rank: `devora.${base}_rank`,
    countPlanned: `devora.${base}_count_planned`,
    rankPlanned: `devora.${base}_rank_planned`,
    statements: [
      definerReads(source, schema),
      ...functions.flatMap(({ suffix, columns, body, plan, note }) => [
        create(suffix, columns, plan, body),
        comment(suffix, `Search kernel: what the caller''s own rows have of a query.${note}`),
        handOver(suffix),
      ]),
    ],
  };
}

/**
 * Creates what searches of these sources need in the database and do not have yet: their kernels, and with module
 * `search` the triggers that count their words (see {@link searchStatisticsFor}). Run it with the
 * login that migrates, after the tables are there; again at each deploy, because a kernel's name changes with its
 * source and with this package. Kernels that older versions use stay.
 *
 * @returns names of the sources whose kernels were created
 * @throws {DatabaseError} 42501 for a login that does not own the tables
 *
 * @example
 * await migrate({ url });
 * await installSearch(db, devoraSources);
 */
export async function installSearch(
  db: Database,
  sources: readonly Source[],
  options: KernelOptions = {},
): Promise<{ installed: string[] }> {
  return withDatabaseErrors("search.installSearch", () =>
    withTransaction(db, async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('devora.search_kernels', 0))`);
      const installed: string[] = [];
      for (const source of sources.filter(({ owner }) => owner !== undefined)) {
        const kernel = searchKernelFor(source, options);
        const [there] = await rowsOf(
          tx,
          sql`select to_regprocedure(${`${kernel.rank}(jsonb)`}::text) is not null as there`,
        );
        if (there?.there === true) continue;
        for (const statement of kernel.statements) await tx.execute(statement);
        installed.push(source.name);
      }
      const [counts] = await rowsOf(
        tx,
        sql`select to_regclass('devora.search_statistics') is not null as there`,
      );
      for (const statement of counts?.there === true ? sources.flatMap(searchStatisticsFor) : []) {
        await tx.execute(statement);
      }
      return { installed };
    }),
  );
}

/** A function's body: reads the owner and the request's values once, so that one plan serves all calls of a session. */
function bodyOf({ owner }: Source, statement: (input: Input) => SQL, schema: string): string {
  const variables: KernelVariable[] = [];
  const query = textOf(statement(kernelInput(schema, variables)));
  const ownerType = owner ? castTypeOf(owner) : "text";
  const declarations = variables.map(
    ({ variable, name, type }) =>
      `  ${variable} ${type} := (${textOf(sql`devora_request ->> ${name}`)})::${type};\n`,
  );
  return `#variable_conflict use_column
declare
  ${kernelOwner} ${ownerType} := nullif(current_setting('app.user_id', true), '')::${ownerType};
${declarations.join("")}begin
  return query ${query};
end `;
}

/** Lets devora_definer read a table that has row level security and no such policy yet. */
function definerReads(source: Source, fallback: string): SQL {
  const { name, schema = fallback } = getTableConfig(source.table);
  const table = sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
  const qualified = textOf(table);
  return sql.raw(
    textOf(sql`do $devora_kernel$
begin
  if not exists (
    select from pg_policy p join pg_roles r on r.oid = any(p.polroles)
    where p.polrelid = ${qualified}::regclass and r.rolname = 'devora_definer' and p.polcmd in ('r', '*')
  ) and (select relrowsecurity from pg_class where oid = ${qualified}::regclass) then
    create policy ${sql.identifier(`${name}_definer_read`)} on ${table} for select to devora_definer using (true);
  end if;
  if not has_table_privilege('devora_definer', ${qualified}::regclass, 'select') then
    grant select on ${table} to devora_definer;
  end if;
end $devora_kernel$`),
  );
}

/** SQL as text, with every value written into it; for function bodies, which take no parameters. */
const textOf = (statement: SQL): string => new PgDialect().sqlToQuery(statement.inlineParams()).sql;
