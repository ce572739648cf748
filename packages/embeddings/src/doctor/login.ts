import { type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type Check, type Diagnosis, error, ok, warning } from "./check.ts";

/** What the login, and the role of calls with an owner, may do past row level security. */
export const loginQuery = (role: string | null): SQL => sql`
  select who.rolname as name, who.rolname = session_user as is_login,
    who.rolname = coalesce(${role}::text, session_user) as searches,
    version() like '%emscripten%' as embedded,
    who.rolsuper as superuser, who.rolbypassrls as bypasses,
    pg_has_role(who.oid, passages.relowner, 'usage') as owns, passages.relforcerowsecurity as forced
  from pg_catalog.pg_roles as who
  join pg_catalog.pg_class as passages on passages.oid = 'devora.chunks'::regclass
  where who.rolname in (session_user, coalesce(${role}::text, session_user))
  order by searches desc, who.rolname`;

/** What frees one role of row level security, in words; undefined where it is bound. */
function freedomOf(row: Row | undefined): string | undefined {
  if (row?.superuser === true) return "is a superuser";
  if (row?.bypasses === true) return "has BYPASSRLS";
  if (row?.owns === true) return "owns the tables";
  return undefined;
}

/** Whether row level security binds searches with an owner, and what the login does outside of them. */
export function diagnoseLogin(rows: readonly Row[]): Diagnosis {
  const searcher = rows.find((row) => row.searches === true);
  const login = rows.find((row) => row.is_login === true);
  const figures = { login: String(login?.name), role: String(searcher?.name ?? "missing") };
  if (searcher === undefined) {
    return error(
      "The role of calls with an owner does not exist.",
      "Run migrate, or correct the option role.",
      figures,
    );
  }
  const freed = freedomOf(searcher);
  const binds = freed === "owns the tables" && searcher.forced === true;
  if (freed !== undefined && !binds && searcher.embedded !== true) {
    return error(
      `Searches with an owner run as ${figures.role}, which ${freed}: row level security does not bind them.`,
      'Leave the option role at "devora_app", or name a role that is no superuser, owns no table and has no BYPASSRLS.',
      figures,
    );
  }
  const loginFreed = freedomOf(login);
  if (loginFreed === undefined)
    return ok("Row level security binds the login and the role of searches.", figures);
  if (login?.embedded === true) {
    return ok(`The embedded database's one login ${loginFreed}: policies bind within a scope.`, figures);
  }
  return warning(
    `The login ${figures.login} ${loginFreed}: what it does outside withUser is not bound by row level security, or may turn it off.`,
    "Keep this login for migrations, and connect the application as one that is a member of devora_app and devora_service and owns nothing.",
    figures,
  );
}

export const login: Check = {
  name: "login",
  examine: async ({ tx, context }) => diagnoseLogin(await rowsOf(tx, loginQuery(context.role))),
};
