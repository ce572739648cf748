import { createHash } from "node:crypto";
import { type Database, rowsOf, withDatabaseErrors, withTransaction } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, PgDialect } from "drizzle-orm/pg-core";
import { SearchError } from "./errors.ts";
import { castTypeOf } from "./queries/column-type.ts";
import { termCountsQuery } from "./queries/frequencies.ts";
import {
  type Input,
  type KernelVariable,
  kernelInput,
  ownerVariable,
  plannedInput,
} from "./queries/input.ts";
import { lastKeys, matchedKeys, scatteredKeys } from "./queries/ranked-keys.ts";
import { sourceRankingQuery } from "./queries/ranking.ts";
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
  /** `devora.search_books_1f0c8a2b_count(jsonb)`: changes with the source, the roles and this package's SQL. */
  readonly count: string;
  readonly rank: string;
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
  const functions = [
    { suffix: "count", columns: "ordinal integer, count integer", body: countBody(source, schema) },
    {
      suffix: "rank",
      columns:
        "id text, score float8, missing text, matched integer, filled integer, ranked integer, floor text, fill_floor text, facets jsonb",
      body: rankBody(source, schema),
    },
  ];
  const hash = createHash("sha256").update(roles.join());
  for (const { body } of functions) hash.update(body);
  const base = `devora.search_${snakeCased(name).slice(0, 40)}_${hash.digest("hex").slice(0, 8)}`;
  return {
    count: `${base}_count`,
    rank: `${base}_rank`,
    statements: [
      definerReads(source, schema),
      ...functions.flatMap(({ suffix, columns, body }) =>
        createFunction(`${base}_${suffix}`, columns, body, roles),
      ),
    ],
  };
}

const snakeCased = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const createFunction = (name: string, columns: string, body: string, roles: readonly string[]): SQL[] => [
  sql.raw(`create function ${name}(devora_request jsonb)
returns table (${columns})
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $devora_kernel$
${body}$devora_kernel$`),
  sql.raw(
    `comment on function ${name}(jsonb) is 'Search kernel: what the caller''s own rows have of a query.'`,
  ),
  sql`select devora.hand_over(${`${name}(jsonb)`}::regprocedure, variadic ${sql.param([...roles])}::name[])`,
];

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

/**
 * Bodies choose between two forms of the statements that look for words. One plan serves all calls of a session, which
 * suits owners of few rows: planning takes longer than finding them. Where the request says `planned`, a plan is made
 * for this call: for owners of many rows the best one depends on the words.
 */
const planned = { name: "planned", type: "text", variable: "devora_planned" };
/** Rows that lack to fill up; set by the body. */
const lacking = { name: "lacking", type: "int", variable: "devora_lacking" };

function countBody(source: Source, schema: string): string {
  const variables: KernelVariable[] = [planned];
  const once = textOf(termCountsQuery(source, kernelInput(schema, variables)));
  const eachTime = plannedText((input) => termCountsQuery(source, input), schema, variables);
  return bodyOf(
    source,
    variables,
    [],
    `
  if devora_planned is null then
    return query ${once};
  else
    return query execute ${eachTime};
  end if;`,
  );
}

/** The rows are ranked by ids: that plan is the same for everybody. */
function rankBody(source: Source, schema: string): string {
  const variables: KernelVariable[] = [planned, lacking];
  const input = kernelInput(schema, variables);
  const keys = `${castTypeOf(source.id)}[]`;
  const inArray = (statement: SQL) => sql`select array(${statement})`;
  const matched = plannedText((own) => inArray(matchedKeys(source, own)), schema, variables);
  const scattered = plannedText((own) => inArray(scatteredKeys(source, own)), schema, variables);
  const isScattered = textOf(input.value("scattered"));
  const toFill = (own: Input) => lastKeys(source, own, own.value("lacking", "int"));
  const filled = plannedText((own) => inArray(toFill(own)), schema, variables);
  const fill = textOf(input.value("fill", "int"));
  const ranking = sourceRankingQuery(source, input, {
    matched: sql`select unnest(devora_matched) as key`,
    filled: sql`select unnest(devora_filled) as key`,
  });
  return bodyOf(
    source,
    variables,
    [`devora_matched ${keys}`, `devora_filled ${keys}`],
    `
  if devora_planned is null then
    devora_matched := array(${textOf(matchedKeys(source, input))});
  elsif ${isScattered} is null then
    execute ${matched} into devora_matched;
  else
    execute ${scattered} into devora_matched;
  end if;
  devora_lacking := coalesce(greatest(0, ${fill} - cardinality(devora_matched)), 0);
  if devora_lacking = 0 then
    devora_filled := '{}';
  elsif devora_planned is null then
    devora_filled := array(${textOf(toFill(input))});
  else
    execute ${filled} into devora_filled;
  end if;
  return query ${textOf(ranking)};`,
  );
}
/** The text of a statement that is planned at each call, and its parameters; for `execute`. */
function plannedText(statement: (input: Input) => SQL, schema: string, variables: KernelVariable[]): string {
  const used: string[] = [];
  const text = textOf(statement(plannedInput(schema, variables, used)));
  return `$devora_planned$${text}$devora_planned$ using ${used.join(", ")}`;
}

/** A function's body: reads the owner and the request's values once. */
function bodyOf(
  { owner }: Source,
  variables: readonly KernelVariable[],
  locals: readonly string[],
  statements: string,
): string {
  const ownerType = owner ? castTypeOf(owner) : "text";
  const declarations = variables.map(
    ({ variable, name, type }) =>
      `  ${variable} ${type} := (${textOf(sql`devora_request ->> ${name}`)})::${type};\n`,
  );
  return `#variable_conflict use_column
declare
  ${ownerVariable} ${ownerType} := nullif(current_setting('app.user_id', true), '')::${ownerType};
${declarations.join("")}${locals.map((local) => `  ${local};\n`).join("")}begin${statements}
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
