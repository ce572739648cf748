import { createHash } from "node:crypto";
import { type Database, rowsOf, withDatabaseErrors, withTransaction } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, PgDialect } from "drizzle-orm/pg-core";
import { castTypeOf } from "./queries/column-type.ts";
import { termCountsQuery } from "./queries/frequencies.ts";
import {
  type Input,
  type KernelOf,
  type KernelVariable,
  kernelInput,
  ownerVariable,
  plannedInput,
} from "./queries/input.ts";
import type { KernelFunctions } from "./queries/kernel-call.ts";
import { lexemesStatement } from "./queries/lexemes.ts";
import { sourcePageQuery } from "./queries/page.ts";
import { lastKeys, matchedKeys, scatteredKeys } from "./queries/ranked-keys.ts";
import { nothingRanked, sourceRankingQuery } from "./queries/ranking.ts";
import { searchStatisticsFor } from "./search-statistics.ts";
import type { Source } from "./source.ts";

export interface KernelOptions {
  /** Schema of tables whose Drizzle definition names none. Default `public`. */
  schema?: string | undefined;
  /** Who may call it, beside `devora_definer`. Default `["devora_app"]`. */
  roles?: readonly string[] | undefined;
}

/** Functions that search one source; their names change with the source, the roles and this package's SQL. */
export interface SearchKernel {
  /** Within the caller's own rows, by `app.user_id`; undefined for a source without an owner. */
  readonly own: KernelFunctions | undefined;
  /** Within all rows that the caller may see. */
  readonly visible: KernelFunctions;
  /** Reads and marks the rows of a page that the caller may see. */
  readonly page: string;
  /** Creates them; for the login that migrates, in this order, in one transaction. */
  readonly statements: readonly SQL[];
}

/**
 * The search kernel of a source: functions that run the statements that are sent where there are none, so the results
 * are the same.
 *
 * - Under row level security PostgreSQL uses no index for `@@`, because the operator may leak what it sees; a search
 *   then reads all rows of its owner. `own` is `security definer` and belongs to `devora_definer`. It holds the owner's
 *   predicate itself, by `app.user_id` and not by an argument, so that a caller cannot ask for another's rows, and
 *   answers ids and scores alone; titles and texts are read under the caller's policies.
 * - The others run as their caller. They save writing, sending and planning long statements: half the time of a search
 *   over all rows.
 *
 * @example
 * for (const statement of searchKernelFor(bookSource).statements) await db.execute(statement);
 * // create function devora.search_books_1f0c8a2b_count(devora_request jsonb) … security definer …
 */
export function searchKernelFor(source: Source, options: KernelOptions = {}): SearchKernel {
  const { schema = "public", roles = ["devora_app"] } = options;
  const own = source.owner ? searchFunctions(source, { schema, isOwn: true }, "") : [];
  const visible = searchFunctions(source, { schema, isOwn: false }, "visible_");
  const page = { suffix: "page", columns: pageColumns, body: pageBody(source, { schema, isOwn: false }) };
  const hash = createHash("sha256").update(roles.join());
  for (const { body } of [...own, ...visible, page]) hash.update(body);
  const base = `devora.search_${snakeCased(source.name).slice(0, 36)}_${hash.digest("hex").slice(0, 8)}`;
  const named = (prefix: string) => ({ count: `${base}_${prefix}count`, rank: `${base}_${prefix}rank` });
  return {
    own: source.owner && named(""),
    visible: named("visible_"),
    page: `${base}_page`,
    statements: [
      ...(source.owner ? [definerReads(source, schema)] : []),
      ...own.flatMap((definition) => createOwnFunction(base, definition, roles)),
      ...[...visible, page].flatMap((definition) => createFunction(base, definition, "invoker")),
    ],
  };
}

interface FunctionDefinition {
  readonly suffix: string;
  readonly columns: string;
  readonly body: string;
}

const searchFunctions = (source: Source, kernel: KernelOf, prefix: string): FunctionDefinition[] => [
  {
    suffix: `${prefix}count`,
    columns: "ordinal integer, count integer",
    body: countBody(source, kernel),
  },
  {
    suffix: `${prefix}rank`,
    columns:
      "id text, score float8, missing text, matched integer, filled integer, ranked integer, floor text, fill_floor text, facets jsonb",
    body: rankBody(source, kernel),
  },
];

const pageColumns =
  "id text, title text, marked_title text, marked_body text, start_offset integer, lines_before integer, updated_at float8, metadata jsonb";

const snakeCased = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Those that run as the caller keep the caller's search path, by which a source's own SQL finds other tables. */
const createFunction = (
  base: string,
  { suffix, columns, body }: FunctionDefinition,
  security: "definer" | "invoker",
): SQL[] => [
  sql.raw(`create function ${base}_${suffix}(devora_request jsonb)
returns table (${columns})
language plpgsql stable security ${security}
${security === "definer" ? "set search_path = pg_catalog, pg_temp\n" : ""}set plan_cache_mode = force_generic_plan
set jit = off
as $devora_kernel$
${body}$devora_kernel$`),
  sql.raw(
    `comment on function ${base}_${suffix}(jsonb) is 'Search kernel: ${security === "definer" ? "what the caller''s own rows have of a query" : "a part of a search, run as the caller"}.'`,
  ),
];

const createOwnFunction = (base: string, definition: FunctionDefinition, roles: readonly string[]): SQL[] => [
  ...createFunction(base, definition, "definer"),
  sql`select devora.hand_over(${`${base}_${definition.suffix}(jsonb)`}::regprocedure, variadic ${sql.param([...roles])}::name[])`,
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
      const isThere = async (name: string) => {
        const [row] = await rowsOf(
          tx,
          sql`select to_regprocedure(${`${name}(jsonb)`}::text) is not null as there`,
        );
        return row?.there === true;
      };
      const lexemes = lexemesKernel();
      if (!(await isThere(lexemes.name))) {
        for (const statement of lexemes.statements) await tx.execute(statement);
      }
      const installed: string[] = [];
      for (const source of sources) {
        const kernel = searchKernelFor(source, options);
        if (await isThere(kernel.page)) continue;
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

function countBody(source: Source, kernel: KernelOf): string {
  const variables: KernelVariable[] = [planned];
  const once = textOf(termCountsQuery(source, kernelInput(kernel, variables)));
  const eachTime = plannedText((input) => termCountsQuery(source, input), kernel, variables);
  return bodyOf(
    source,
    kernel,
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
function rankBody(source: Source, kernel: KernelOf): string {
  const variables: KernelVariable[] = [planned, lacking];
  const input = kernelInput(kernel, variables);
  const keys = `${castTypeOf(source.id)}[]`;
  const inArray = (statement: SQL) => sql`select array(${statement})`;
  const matched = plannedText((own) => inArray(matchedKeys(source, own)), kernel, variables);
  const scattered = plannedText((own) => inArray(scatteredKeys(source, own)), kernel, variables);
  const isScattered = textOf(input.value("scattered"));
  const toFill = (own: Input) => lastKeys(source, own, own.value("lacking", "int"));
  const filled = plannedText((own) => inArray(toFill(own)), kernel, variables);
  const fill = textOf(input.value("fill", "int"));
  const ranking = sourceRankingQuery(source, input, {
    matched: sql`select unnest(devora_matched) as key`,
    filled: sql`select unnest(devora_filled) as key`,
  });
  // Of rare words most sources have none, and to begin the ranking takes .3 ms.
  const asked = source.bm25Index === undefined ? ["facets"] : ["facets", "best"];
  const isPlain = sql.join(
    asked.map((name) => sql`${input.value(name)} is null`),
    sql` and `,
  );
  return bodyOf(
    source,
    kernel,
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
  if cardinality(devora_matched) + cardinality(devora_filled) = 0 and ${textOf(isPlain)} then
    return query ${textOf(nothingRanked)};
  else
    return query ${textOf(ranking)};
  end if;`,
  );
}

/** Rows are read by ids: that plan, too, is the same for everybody. */
function pageBody(source: Source, kernel: KernelOf): string {
  const variables: KernelVariable[] = [];
  const rows = textOf(sourcePageQuery(source, kernelInput(kernel, variables)));
  return bodyOf(source, kernel, variables, [], `\n  return query ${rows};`);
}

/**
 * The function that stems the texts of a query, whatever its sources; see `lexemesQuery`. It runs as its caller. Only
 * where the request asks for statistics does it need the module `search`.
 */
export function lexemesKernel(): { readonly name: string; readonly statements: readonly SQL[] } {
  const variables: KernelVariable[] = [{ name: "statistics", type: "text", variable: "devora_statistics" }];
  const input = kernelInput({ schema: "public", isOwn: false }, variables);
  const [alone, withStatistics] = [false, true].map((statistics) =>
    textOf(lexemesStatement(input, { statistics })),
  );
  const body = bodyOf(
    { owner: undefined },
    { schema: "public", isOwn: false },
    variables,
    [],
    `
  if devora_statistics is null then
    return query ${alone};
  else
    return query ${withStatistics};
  end if;`,
  );
  const columns =
    "ordinal integer, synonym boolean, key text, vector text, query text, source text, language text, lexeme text, documents float8";
  const base = `devora.search_${createHash("sha256").update(body).digest("hex").slice(0, 8)}`;
  return {
    name: `${base}_lexemes`,
    statements: createFunction(base, { suffix: "lexemes", columns, body }, "invoker"),
  };
}

/** The text of a statement that is planned at each call, and its parameters; for `execute`. */
function plannedText(
  statement: (input: Input) => SQL,
  kernel: KernelOf,
  variables: KernelVariable[],
): string {
  const used: string[] = [];
  const text = textOf(statement(plannedInput(kernel, variables, used)));
  return `$devora_planned$${text}$devora_planned$ using ${used.join(", ")}`;
}

/** A function's body: reads the owner and the request's values once. */
function bodyOf(
  { owner }: Pick<Source, "owner">,
  { isOwn }: KernelOf,
  variables: readonly KernelVariable[],
  locals: readonly string[],
  statements: string,
): string {
  const ownerType = owner ? castTypeOf(owner) : "text";
  const ownerRow = `  ${ownerVariable} ${ownerType} := nullif(current_setting('app.user_id', true), '')::${ownerType};\n`;
  const declarations = variables.map(
    ({ variable, name, type }) =>
      `  ${variable} ${type} := (${textOf(sql`devora_request ->> ${name}`)})::${type};\n`,
  );
  return `#variable_conflict use_column
declare
${isOwn ? ownerRow : ""}${declarations.join("")}${locals.map((local) => `  ${local};\n`).join("")}begin${statements}
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
