import { type Database, doctor, ensurePartitions, type Finding, newId, rowsOf } from "@devora/db-schema";
import { hasServer, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inDraft } from "../support/draft.ts";

const database = useTestDatabase();
beforeAll(async () => {
  await ensurePartitions(database.db);
  // Said once for the session, so that the end of a transaction goes back to it.
  if (!hasServer()) await database.db.execute(sql`set session authorization postgres`);
});

// A server has logins to connect as; the embedded database has one, which takes on the others' identity.
const logins: string[] = [];
afterAll(async () => {
  for (const login of logins) await database.db.execute(sql.raw(`drop role ${login}`));
});

/** What doctor says to a login that is made for the purpose, and to the same after its fixes. */
async function findingsAs(
  attributes: string,
  { repair = false, prepare = async (_db: Database, _login: string) => {} } = {},
): Promise<{ findings: Finding[]; left: Finding[] }> {
  const login = `login_${newId().replaceAll("-", "")}`;
  const create = sql.raw(`create role ${login} login password 'doctor' ${attributes}`);
  const repairs = (findings: Finding[]) =>
    repair ? findings.filter(({ severity }) => severity !== "info") : [];
  if (hasServer()) {
    await database.db.execute(create);
    logins.push(login);
    await prepare(database.db, login);
    const url = new URL(String(database.url));
    url.username = login;
    url.password = "doctor";
    const findings = await doctor({ url: url.href });
    for (const { fix } of repairs(findings)) await database.db.execute(sql.raw(fix));
    return { findings, left: await doctor({ url: url.href }) };
  }
  return inDraft(database.db, async (tx) => {
    await tx.execute(create);
    await prepare(tx, login);
    const ask = async () => {
      await tx.execute(sql.raw(`set local session authorization ${login}`));
      const findings = await doctor({ db: tx });
      await tx.execute(sql.raw("set local session authorization postgres"));
      return findings;
    };
    const findings = await ask();
    for (const { fix } of repairs(findings)) await tx.execute(sql.raw(fix));
    return { findings, left: await ask() };
  });
}

const grave = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== "info").map(({ severity, check }) => `${severity} ${check}`);

test("the documented login of an application has neither errors nor warnings", async () => {
  const { findings } = await findingsAs("in role devora_app");
  expect(grave(findings)).toEqual([]);
});

test("a login that may not look is told so, and does not fail", async () => {
  const { findings } = await findingsAs("in role devora_app");
  const blind = findings.filter(({ message }) => message.includes("could not make the check"));
  expect(blind.map(({ check }) => check)).toEqual(["migrations", "partition-default"]);
  expect(blind.every(({ message }) => message.includes("42501"))).toBe(true);
});

test("a login without any right is looked at as well", async () => {
  expect(grave((await findingsAs("")).findings)).toEqual([]);
});

test("a worker's login, a member of devora_service alone, is as documented", async () => {
  expect(grave((await findingsAs("in role devora_service")).findings)).toEqual([]);
});

describe("a login that is both", () => {
  test("inherits the service, and is told how to part them", async () => {
    const { findings } = await findingsAs("in role devora_app, devora_service");
    expect(grave(findings)).toEqual(["warning login-inherits-service"]);
  });

  test("has nothing left after the fix, which PostgreSQL 15 leaves to a third login", async () => {
    const [row] = await rowsOf(database.db, sql`select current_setting('server_version_num')::int as number`);
    const repair = Number(row?.number) >= 160_000;
    const { findings, left } = await findingsAs("in role devora_app, devora_service", { repair });
    if (repair) expect(grave(left)).toEqual([]);
    else expect(findings[0]?.fix).toContain("create role worker_login login");
  });
});

test("a login that owns tables is warned, with the login to make instead", async () => {
  const findings = hasServer()
    ? await doctor({ db: database.db })
    : (
        await findingsAs("", {
          prepare: async (tx, login) => {
            await tx.execute(sql.raw("create table public.notes (id int primary key, user_id uuid)"));
            await tx.execute(sql.raw("select devora.protect_table('public.notes', 'user_id')"));
            await tx.execute(sql.raw(`alter table public.notes owner to ${login}`));
          },
        })
      ).findings;
  const found = findings.find(({ check }) => check === "login-owns-tables");
  expect(found).toMatchObject({ severity: "warning", message: expect.stringContaining("login owns") });
  expect(found?.fix).toContain("in role devora_app");
});

test.runIf(!hasServer())(
  "a login with BYPASSRLS is an error (embedded: only a superuser can make one)",
  async () => {
    expect(grave((await findingsAs("bypassrls in role devora_app")).findings)).toEqual([
      "error login-privileged",
    ]);
  },
);

const adminUrl = process.env.DATABASE_ADMIN_URL;
test.runIf(hasServer() && adminUrl)("a superuser on a server is an error (DATABASE_ADMIN_URL)", async () => {
  const url = new URL(String(adminUrl));
  url.pathname = new URL(String(database.url)).pathname;
  expect(grave(await doctor({ url: url.href }))).toEqual(["error login-privileged"]);
});

test.runIf(!hasServer())("that the one embedded login owns the tables is an info (embedded)", async () => {
  const findings = await inDraft(database.db, async (tx) => {
    await tx.execute(sql`set local session authorization devora_migrator`);
    return doctor({ db: tx });
  });
  expect(grave(findings)).toEqual([]);
  expect(findings.find(({ check }) => check === "login-owns-tables")).toMatchObject({ severity: "info" });
});

test.runIf(!hasServer())("the embedded superuser is an info (embedded)", async () => {
  const findings = await doctor({ db: database.db });
  expect(grave(findings)).toEqual([]);
  expect(findings.find(({ check }) => check === "login-privileged")).toMatchObject({ severity: "info" });
});
