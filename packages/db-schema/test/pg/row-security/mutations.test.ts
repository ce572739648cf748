import type { Database } from "@devora/db-schema";
import { type Finding, lintRowSecurity, runMatrix, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { installedFacts } from "./facts.ts";
import { useOneConnection } from "./one-connection.ts";

// What proves the proof: each way to lose the protection must be found, by a crossing or by a named lint.
const connection = useOneConnection(useTestDatabase());

const scope = "user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)";
const ownerPolicy = (using: string, check: string | undefined) => `
  drop policy projects_owner_isolation on public.projects;
  create policy projects_owner_isolation on public.projects for all to public
    using (${using}) ${check === undefined ? "" : `with check (${check})`}`;

describe("the matrix reports", () => {
  test.each([
    [
      "a dropped policy",
      "drop policy projects_owner_isolation on public.projects",
      /alice: select own directly/,
    ],
    [
      "row security switched off",
      "alter table public.projects disable row level security",
      /nobody .*: select directly/,
    ],
    ["a policy that lets everybody read", ownerPolicy("true", scope), /alice: select directly/],
    ["a policy that lets everybody write", ownerPolicy(scope, "true"), /bob: insert for another/],
    [
      "rows without an owner shown to all",
      ownerPolicy(`${scope} or nullif(current_setting('app.user_id', true), '') is null`, scope),
      /setting: select all/,
    ],
    [
      "a policy without nullif",
      ownerPolicy("user_id = (select current_setting('app.user_id', true)::uuid)", scope),
      /empty setting: select/,
    ],
    [
      "a second policy",
      "create policy extra on public.projects for delete to devora_app using (true); create policy extra_read on public.projects for select to devora_app using (true)",
      /bob: delete another's/,
    ],
    [
      "a truncate granted",
      "grant truncate on public.projects, public.project_files, public.conversations, public.messages, public.deployments, public.answer_feedback to devora_app",
      /alice: truncate/,
    ],
    ["an update granted", "grant update on public.projects to devora_definer", /devora_definer: update all/],
  ])("%s", async (_name, mutation, rule) => {
    const { matrix } = await findingsAfter(mutation, ["public.projects"]);
    expect(rulesOf(matrix)).toContainEqual(expect.stringMatching(rule));
  });

  test("a key that does not name the owner", async () => {
    const { matrix, lints } = await findingsAfter(
      `alter table public.messages drop constraint messages_conversation_fkey,
         add constraint conversations_id_fkey foreign key (conversation_id) references public.conversations (id) on delete cascade`,
      ["public.messages"],
    );
    expect(rulesOf(matrix)).toEqual(
      expect.arrayContaining([
        "alice: insert under another's parent (conversations_id_fkey)",
        "bob: update to another's parent (conversations_id_fkey)",
      ]),
    );
    expect(rulesOf(lints)).toContain("foreign key");
  });

  test("a row handed to another", async () => {
    const { matrix } = await findingsAfter(
      `alter table public.deployments drop constraint deployments_project_fkey;
       drop policy deployments_owner_isolation on public.deployments;
       create policy deployments_owner_isolation on public.deployments using (${scope}) with check (true)`,
      ["public.deployments"],
    );
    expect(rulesOf(matrix)).toContain("alice: give all to another");
  });

  test("a partition granted", async () => {
    const { matrix, lints } = await findingsAfter(
      "grant select on devora.analytics_events_default to devora_app",
      ["devora.analytics_events"],
    );
    expect(rulesOf(matrix)).toContain("alice: select partition");
    expect(rulesOf(lints)).toContain("grant");
  });

  test("a view that reads with the rights of the service", async () => {
    const { matrix, lints } = await findingsAfter(
      "grant create on schema public to devora_service; alter view public.user_usage reset (security_invoker); alter view public.user_usage owner to devora_service",
      [],
    );
    expect(rulesOf(matrix)).toContain("alice: select from view");
    expect(rulesOf(lints)).toContain("view");
  });

  test("an internal table opened", async () => {
    const { matrix } = await findingsAfter(
      "grant select on devora.system_config to devora_app; create policy p on devora.system_config for select using (true)",
      ["devora.system_config"],
    );
    expect(rulesOf(matrix)).toContain(
      "setting never set: select directly".replace("setting never set", "alice"),
    );
  });
});

describe("a lint reports", () => {
  test.each([
    ["a policy without its check", ownerPolicy(scope, undefined), "policy"],
    [
      "a policy without nullif",
      ownerPolicy("user_id = (select current_setting('app.user_id', true)::uuid)", scope),
      "policy",
    ],
    ["a policy of another column", ownerPolicy(scope.replace("user_id =", "id ="), scope), "policy"],
    [
      "the user asked for in every row",
      ownerPolicy(scope.replace("(select ", "(").replace("nullif", " nullif"), scope),
      "plan",
    ],
    ["the service without its policy", "drop policy projects_service on public.projects", "policy"],
    [
      "a unique key that tells what others have",
      "create unique index leak on public.project_files (project_id, path)",
      "unique key",
    ],
    ["no force", "alter table public.projects no force row level security", "forced"],
    [
      "a partition without row security",
      "alter table devora.analytics_events_default disable row level security",
      "forced",
    ],
    ["a truncate granted", "grant truncate on public.projects to devora_app", "grant"],
    ["a column granted", "grant update (role) on public.users to devora_app", "grant"],
    ["a grant to everybody", "grant select on devora.consents to public", "grant"],
    ["everybody in the schema", "grant usage on schema devora to public", "grant"],
    ["a grant taken away", "revoke insert on public.projects from devora_app", "grant"],
    ["a view with its owner's rights", "alter view devora.slow_queries reset (security_invoker)", "view"],
    ["a view granted", "grant select on devora.slow_queries to devora_app", "view"],
    ["a view nobody declared", "create view public.leak as select * from public.projects", "view"],
    [
      "a materialized view granted",
      "create materialized view public.leak as select 1 as one; grant select on public.leak to devora_app",
      "view",
    ],
    [
      "a definer's function for everybody",
      "grant execute on function devora.ensure_event_partitions(date, date) to public",
      "function",
    ],
    [
      "a definer's function without a path",
      "alter function devora.ensure_event_partitions(date, date) reset search_path",
      "function",
    ],
    [
      "a function that runs as its owner",
      "alter function devora.set_updated_at() security definer",
      "function",
    ],
    [
      "a function nobody declared",
      "create function public.leak() returns int language sql as 'select 1'",
      "function",
    ],
  ])("%s", async (_name, mutation, rule) => {
    const lints = await afterMutation(mutation, (tx) => lintRowSecurity(tx, installedFacts()));
    expect(rulesOf(lints)).toContain(rule);
  });
});

test("a table nobody declared fails with what to declare", async () => {
  const { matrix } = await findingsAfter(
    "create table public.notes (id uuid primary key, author_id uuid)",
    [],
  );
  expect(matrix).toEqual([
    {
      rule: "undeclared table",
      subject: "public.notes",
      message: expect.stringContaining('"public.notes": { owner: its owner column or null'),
    },
  ]);
});

test("a table that is gone is reported", async () => {
  const { matrix } = await findingsAfter("drop table public.answer_feedback", []);
  expect(rulesOf(matrix)).toEqual(["missing table"]);
});

const rulesOf = (findings: readonly Finding[]): string[] => findings.map((finding) => finding.rule);

/** What matrix (of the tables) and lints find after a change. */
const findingsAfter = (mutation: string, only: readonly string[]) =>
  afterMutation(mutation, async (tx) => ({
    matrix: (await runMatrix(tx, installedFacts(), { only })).findings,
    lints: await lintRowSecurity(tx, installedFacts()),
  }));

/** Changes the database, asks, and takes the change back. */
async function afterMutation<T>(mutation: string, fn: (tx: Database) => Promise<T>): Promise<T> {
  const undo = new Error("undo");
  const answers: T[] = [];
  const transaction = connection.db.transaction(async (tx) => {
    for (const statement of mutation.split(";")) await tx.execute(sql.raw(statement));
    answers.push(await fn(tx));
    throw undo;
  });
  await transaction.catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return answers[0] as T;
}
