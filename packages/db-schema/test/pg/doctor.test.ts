import { doctor, ensurePartitions, type Finding, newId, rowsOf, withService } from "@devora/db-schema";
import {
  createEmptyDatabase,
  hasServer,
  installedModules,
  openEmptyEmbedded,
  useTestDatabase,
} from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { inDraft } from "../support/draft.ts";

const database = useTestDatabase();
const hasEmbeddings = installedModules().includes("embeddings");
/** What doctor says of the untouched database: infos, and on a server that the test's login owns it. */
let before: Finding[];

beforeAll(async () => {
  await ensurePartitions(database.db);
  before = await doctor({ db: database.db });
});

const isNew = (finding: Finding) =>
  !before.some(({ check, object }) => check === finding.check && object === finding.object);
const brief = ({ severity, check, object }: Finding) => `${severity} ${check} ${object}`;

/** What doctor finds once the statements ran, and what is left of it after its fixes; both taken back. */
async function found(statements: readonly string[], { repair = false } = {}) {
  return inDraft(database.db, async (tx) => {
    for (const statement of statements) await tx.execute(sql.raw(statement));
    const findings = (await doctor({ db: tx })).filter(isNew);
    if (repair) {
      for (const { fix } of findings) {
        for (const part of fix.replaceAll(" concurrently", "").split(/;\s*/).filter(Boolean)) {
          await tx.execute(sql.raw(part));
        }
      }
    }
    const left = repair ? (await doctor({ db: tx })).filter(isNew).map(brief) : [];
    return { findings, briefly: findings.map(brief), left };
  });
}

const owned = (columns: string, more: readonly string[] = []) => [
  `create table public.notes (${columns})`,
  ...more,
  "select devora.protect_table('public.notes', 'user_id')",
];

test("a migrated database has neither errors nor warnings, but what concerns the login that owns it", () => {
  const concern = before.filter(({ severity }) => severity !== "info").map(({ check }) => check);
  expect(concern.filter((check) => !check.startsWith("login-"))).toEqual([]);
  if (!hasServer()) expect(concern).toEqual([]);
  expect(before.filter(({ message }) => message.includes("could not"))).toEqual([]);
});

describe("what breaks is found, and the SQL of the fix puts it right", () => {
  test.each<[string, string[], string]>([
    [
      "row level security switched off",
      ["alter table public.projects disable row level security"],
      "error row-security-off public.projects",
    ],
    [
      "row level security not forced",
      ["alter table public.projects no force row level security"],
      "error row-security-unforced public.projects",
    ],
    [
      "a granted view with its owner's rights",
      [
        "create view public.leak as select id from public.projects",
        "grant select on public.leak to devora_app",
      ],
      "error view-definer public.leak",
    ],
    [
      "a granted materialized view",
      [
        "create materialized view public.totals as select 1 as n",
        "grant select on public.totals to devora_app",
      ],
      "warning materialized-view-granted public.totals",
    ],
    [
      "a granted partition",
      ["grant select on devora.analytics_events_default to devora_app"],
      "warning partition-granted devora.analytics_events_default",
    ],
    [
      "a definer function with its caller's search path",
      [
        "create function public.f(a int, b text) returns int language sql security definer as 'select 1'",
        "revoke all on function public.f from public",
      ],
      "error function-search-path public.f(a integer, b text)",
    ],
    [
      "a definer function that everybody may call",
      [
        "create function public.f() returns int language sql security definer set search_path = pg_catalog as 'select 1'",
      ],
      "warning function-public public.f()",
    ],
    [
      "a foreign key without index",
      owned("id uuid primary key, user_id uuid not null references public.users (id)"),
      "warning foreign-key-unindexed notes_user_id_fkey on public.notes",
    ],
    [
      "a foreign key whose partial index leaves rows out",
      owned("id uuid primary key, user_id uuid not null references public.users (id), done boolean", [
        "create index on public.notes (user_id) where done is not null",
      ]),
      "warning foreign-key-unindexed notes_user_id_fkey on public.notes",
    ],
    [
      "a foreign key between owned tables without the owner",
      owned(
        "id uuid primary key, user_id uuid, project_id uuid references public.projects (id) on delete set null",
        ["create index on public.notes (project_id)", "create index on public.notes (user_id, project_id)"],
      ),
      "warning foreign-key-owner notes_project_id_fkey on public.notes",
    ],
    [
      "the same index twice",
      ["create index again on public.deployments (started_at)"],
      "warning index-duplicate public.again",
    ],
    [
      "a table that was filled and never analyzed",
      owned("id int primary key, user_id uuid, body text", [
        "insert into public.notes select g, null, repeat('x', 100) from generate_series(1, 20000) g",
      ]),
      "warning never-analyzed public.notes",
    ],
    ["a missing extension", ["drop extension pg_trgm cascade"], "error extension-missing pg_trgm"],
    ["a role that may log in", ["alter role devora_app login"], "error role-attributes devora_app"],
  ])("%s", async (_case, statements, expected) => {
    const { briefly, left } = await found(statements, { repair: true });
    expect(briefly).toEqual([expected]);
    expect(left).toEqual([]);
  });
});

describe("what needs a person's hand is found", () => {
  test.each<[string, string[], string[]]>([
    [
      "an open table that is granted",
      [
        "create table public.countries (code text primary key)",
        "grant select on public.countries to devora_app",
      ],
      ["warning row-security-off public.countries"],
    ],
    [
      "an open table that nobody else may read",
      ["create table public.countries (code text primary key)"],
      ["info row-security-off public.countries"],
    ],
    [
      "an open table with an owner",
      ["create table public.notes (id int primary key, user_id uuid)"],
      ["error row-security-off public.notes"],
    ],
    [
      "row level security without a policy",
      [
        "create table public.notes (id int primary key)",
        "alter table public.notes enable row level security",
        "alter table public.notes force row level security",
      ],
      ["warning policy-missing public.notes"],
    ],
    [
      "a policy without clauses, as drizzle-kit pushes it",
      ["create policy pushed on public.projects for all to devora_app"],
      ["error policy-clause pushed on public.projects"],
    ],
    [
      "an insert policy without its clause",
      ["create policy pushed on public.projects for insert to devora_app"],
      ["error policy-clause pushed on public.projects"],
    ],
    [
      "a policy whose check is implied",
      ["create policy half on public.projects for update to devora_app using (false)"],
      ["info policy-clause half on public.projects"],
    ],
    [
      "a setting read for every row",
      [
        "create policy slow on public.projects for select using (user_id = nullif(current_setting('app.user_id', true), '')::uuid)",
      ],
      ["warning policy-per-row slow on public.projects"],
    ],
    [
      "a setting whose empty string counts",
      [
        "create policy brittle on public.projects for select using (user_id = (select current_setting('app.user_id', true)::uuid))",
      ],
      ["warning policy-empty-setting brittle on public.projects"],
    ],
    ["a table without primary key", owned("user_id uuid"), ["warning primary-key-missing public.notes"]],
    [
      "a renamed migration",
      ["update devora.migrations set name = '0000_old' where module = 'metrics'"],
      ["warning migrations metrics/0000_old", "warning migrations metrics/0001_metrics"],
    ],
    [
      "an edited migration",
      ["update devora.migrations set checksum = 'edited' where module = 'search'"],
      ["error migrations search/0001_search"],
    ],
    [
      "a missing role",
      ["alter role devora_service rename to devora_service_gone"],
      [
        "error role-missing devora_service",
        // Nobody can look at the rows of all owners then.
        "info partition-default devora_migrator",
      ],
    ],
  ])("%s", async (_case, statements, expected) => {
    expect((await found(statements)).briefly.sort()).toEqual(expected.sort());
  });

  test("indexes that no query can use under row level security, and only these", async () => {
    const { briefly } = await found(
      owned(
        "id int primary key, user_id uuid, title text, price numeric, mood text, facts jsonb, at timestamptz, local_at timestamp, tags text[]",
        [
          "create type public.mood as enum ('calm')",
          "alter table public.notes add column feeling public.mood",
          "create index dead_lower on public.notes (user_id, lower(title))",
          "create index dead_numeric on public.notes (price)",
          "create index dead_enum on public.notes (feeling)",
          "create index dead_jsonb on public.notes using gin (facts)",
          "create index dead_array on public.notes using gin (user_id, tags)",
          "create index dead_trigram on public.notes using gin (title public.gin_trgm_ops)",
          "create index dead_day on public.notes (date_trunc('day', local_at))",
          "create index live_text on public.notes (user_id, title, at desc)",
          "create index live_pattern on public.notes (title text_pattern_ops)",
          "create index live_hash on public.notes using hash (title)",
          "create index live_gin on public.notes using gin (user_id, title)",
          "create index live_brin on public.notes using brin (at)",
          "create index live_partial on public.notes (at) where feeling = 'calm' and lower(title) = 'a'",
          ...(hasEmbeddings
            ? [
                "alter table public.notes add column embedding public.vector(3)",
                "create index live_order on public.notes using hnsw (embedding public.vector_l2_ops)",
              ]
            : []),
        ],
      ),
    );
    const dead = ["array", "day", "enum", "jsonb", "lower", "numeric", "trigram"];
    expect(briefly).toEqual(dead.map((name) => `warning index-not-leakproof public.dead_${name}`));
  });

  test("the same on a table that search kernels may read is an info", async () => {
    const { briefly } = await found(["create index dead on public.projects (lower(name))"]);
    expect(briefly).toEqual(["info index-not-leakproof public.dead"]);
  });

  test("an index whose concurrent build failed", async () => {
    const run = (text: string) => database.db.execute(sql.raw(text));
    await run("create table public.doubles (n int, id int primary key)");
    try {
      await run("insert into public.doubles values (1, 1), (1, 2)");
      await run("create unique index concurrently doubles_n_idx on public.doubles (n)").catch(() => {});
      const { briefly } = await found(owned("id int primary key, user_id uuid"));
      expect(briefly).toEqual([
        "warning index-invalid public.doubles_n_idx",
        "info row-security-off public.doubles",
      ]);
    } finally {
      await run("drop table public.doubles");
    }
  });

  test.runIf(hasEmbeddings && !hasServer())(
    "a pgvector that is too old (embedded: editing the catalogue needs a superuser)",
    async () => {
      const { briefly } = await found([
        "set local session authorization postgres",
        "update pg_extension set extversion = '0.8.2' where extname = 'vector'",
        "set local session authorization devora_migrator",
      ]);
      expect(briefly).toEqual(["warning extension-outdated vector"]);
    },
  );
});

describe("partitions", () => {
  test("a month ahead without partition is named, and ensurePartitions makes it", async () => {
    const next = new Date();
    next.setUTCMonth(next.getUTCMonth() + 1, 1);
    const [year, month] = next.toISOString().split("-");
    await inDraft(database.db, async (tx) => {
      await tx.execute(sql.raw(`drop table devora.analytics_events_y${year}m${month}`));
      const findings = (await doctor({ db: tx })).filter(isNew);
      expect(findings.map(brief)).toEqual(["warning partition-horizon devora.analytics_events"]);
      expect(findings[0]?.message).toContain(`${year}-${month}`);
      await ensurePartitions(tx);
      expect((await doctor({ db: tx })).filter(isNew)).toEqual([]);
    });
  });

  test("events that wait in the default partition are counted, and the fix moves them", async () => {
    const event = (at: string) => ({ id: newId(), event: "early", distinct_id: "a", occurred_at: at });
    const events = JSON.stringify([event("2051-05-05T12:00:00Z"), event("2051-06-30T23:59:59Z")]);
    await inDraft(database.db, async (tx) => {
      await withService(tx, (scoped) =>
        scoped.execute(sql`select devora.capture_events(${events}::jsonb, '{}')`),
      );
      const findings = (await doctor({ db: tx })).filter(isNew);
      expect(findings.map(brief)).toEqual(["warning partition-default devora.analytics_events_default"]);
      expect(findings[0]?.message).toContain("2 events from 2051-05-01 to 2051-06-01");
      const statement = findings[0]?.fix.replace("As devora_service: ", "") ?? "";
      await withService(tx, (scoped) => scoped.execute(sql.raw(statement)));
      expect((await doctor({ db: tx })).filter(isNew)).toEqual([]);
    });
  });
});

test("schemas of a host are looked at on request, and only then", async () => {
  const { briefly, own } = await inDraft(database.db, async (tx) => {
    await tx.execute(sql`create schema "My Shop"`);
    await tx.execute(sql`create table "My Shop"."Orders" (user_id uuid)`);
    const findings = await doctor({ db: tx });
    const own = (await doctor({ db: tx, schemas: ["My Shop"] })).filter(
      ({ check }) => !check.startsWith("login"),
    );
    return { briefly: findings.filter(isNew).map(brief), own: own.map(brief) };
  });
  expect(briefly).toEqual([]);
  expect(own).toEqual([
    'error row-security-off "My Shop"."Orders"',
    'warning primary-key-missing "My Shop"."Orders"',
  ]);
});

test("a client and a database of Drizzle get the same answer", async () => {
  expect(await doctor({ client: database.client })).toEqual(before);
});

test.runIf(hasServer())("a URL gets the same answer (server)", async () => {
  expect(await doctor({ url: String(database.url) })).toEqual(before);
});

test("a database without our modules is looked at all the same, and left as it was", async () => {
  const look = async (target: Parameters<typeof doctor>[0]) =>
    (await doctor(target)).filter(({ check }) => !check.startsWith("login"));
  const absent = ["info migrations devora"];
  if (hasServer()) {
    const empty = await createEmptyDatabase();
    try {
      expect((await look({ url: empty.url })).map(brief)).toEqual(absent);
    } finally {
      await empty.drop();
    }
  } else {
    await using embedded = await openEmptyEmbedded();
    expect((await look({ client: embedded.client })).map(brief)).toEqual(absent);
    expect(await rowsOf(embedded.db, sql`select to_regnamespace('devora')::text as schema`)).toEqual([
      { schema: null },
    ]);
  }
});

test.each([{}, { url: "postgres://x", client: {} }])(
  "exactly one of db, url and client: %j",
  async (target) => {
    await expect(doctor(target)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  },
);

test("a server that cannot be reached is an error, not a finding", async () => {
  await expect(doctor({ url: "postgres://a:secret@127.0.0.1:1/x" })).rejects.toMatchObject({
    code: "DATABASE",
    message: expect.not.stringContaining("secret"),
  });
});
