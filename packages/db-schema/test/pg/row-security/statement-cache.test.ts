import { hasServer, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";

const database = useTestDatabase();
const statement =
  "select id::text as id, name from public.projects where deleted_at is null order by id limit $1::int";
const enter =
  "select set_config('app.user_id', $1, true), set_config('role', $2, true), set_config('plan_cache_mode', $3, true)";

interface Scope {
  userId: string;
  role: string;
}

/** Runs the statement in a transaction of the scope, on one and the same connection each time. */
interface Connection {
  run(scope: Scope, planCacheMode: string): Promise<string[]>;
  /** How often the server ran the statement by a plan that it kept. */
  keptPlans(): Promise<number>;
  close(): Promise<void>;
}

const kept =
  "select coalesce(sum(generic_plans), 0)::int as plans from pg_prepared_statements where statement like '%public.projects%'";

function openPostgresJs(url: string, prepare: boolean): Connection {
  const client = postgres(url, { max: 1, prepare, onnotice: () => {} });
  return {
    run: (scope, mode) =>
      client.begin(async (tx) => {
        await tx.unsafe(enter, [scope.userId, scope.role, mode]);
        const rows = await tx.unsafe<{ name: string }[]>(statement, [100], { prepare });
        return rows.map((row) => row.name);
      }),
    keptPlans: async () => Number((await client.unsafe(kept))[0]?.plans),
    close: () => client.end(),
  };
}

async function openNodePostgres(url: string): Promise<Connection> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    run: async (scope, mode) => {
      await client.query("begin");
      await client.query(enter, [scope.userId, scope.role, mode]);
      const { rows } = await client.query<{ name: string }>({
        name: "projects_of_user",
        text: statement,
        values: [100],
      });
      await client.query("commit");
      return rows.map((row) => row.name);
    },
    keptPlans: async () => Number((await client.query<{ plans: number }>(kept)).rows[0]?.plans),
    close: () => client.end(),
  };
}

// A plan that outlives its user or role would show another's rows (CVE-2024-10976); PGlite has one driver and no names.
describe.skipIf(!hasServer())(
  "one prepared statement, many users (skipped where DATABASE_URL names no server)",
  () => {
    test.each([
      ["postgres.js, named", (url: string) => Promise.resolve(openPostgresJs(url, true)), true],
      ["postgres.js, unnamed", (url: string) => Promise.resolve(openPostgresJs(url, false)), false],
      ["node-postgres, named", openNodePostgres, true],
    ] as const)("%s", async (_driver, open, named) => {
      const { db, url = "" } = database;
      const [alice, bob] = [await seedUser(db), await seedUser(db)];
      const names = { alice: `of ${alice}`, bob: `of ${bob}` };
      await seedProject(db, alice, { name: names.alice });
      await seedProject(db, bob, { name: names.bob });
      const connection = await open(url);

      for (const mode of ["auto", "force_generic_plan"]) {
        for (let round = 0; round < 8; round++) {
          const seen = (userId: string, role = "devora_app") => connection.run({ userId, role }, mode);
          expect(await seen(alice)).toEqual([names.alice]);
          expect(await seen(bob)).toEqual([names.bob]);
          expect(await seen("", "devora_service")).toEqual(expect.arrayContaining([names.alice, names.bob]));
          expect(await seen("")).toEqual([]);
          expect(await seen(bob, "devora_definer")).toEqual(expect.arrayContaining([names.alice, names.bob]));
          expect(await seen(bob)).toEqual([names.bob]);
        }
      }
      // Without kept plans the rounds above would prove nothing.
      const plans = await connection.keptPlans();
      if (named) expect(plans).toBeGreaterThan(10);
      else expect(plans).toBe(0);
      await connection.close();
    });
  },
);
