import { pick } from "../random.ts";
import type { FileTemplate } from "./template.ts";

const schema: FileTemplate = {
  path: ({ entity }) => `db/schema/${entity.snakePlural}.sql`,
  programmingLanguage: "sql",
  content: ({ entity: e, other: o, fields, random }) => `-- ${e.en} of a user, newest first on every page.
create table ${e.snakePlural} (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
${fields.map((f) => `  ${f.snake} ${f.sql} not null,`).join("\n")}
  ${e.snake}_status text not null default 'draft',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint ${e.snakePlural}_status_check check (${e.snake}_status in ('draft', '${pick(random, ["open", "active", "confirmed"])}', 'closed'))
);

create index ${e.snakePlural}_user_id_created_at_idx
  on ${e.snakePlural} (user_id, created_at desc, id desc)
  where deleted_at is null;

create table ${e.snake}_${o.snakePlural} (
  ${e.snake}_id uuid not null references ${e.snakePlural} (id) on delete cascade,
  ${o.snake}_id uuid not null,
  primary key (${e.snake}_id, ${o.snake}_id)
);
`,
};

const queries: FileTemplate = {
  path: ({ entity }) => `db/queries/${entity.snake}_statistics.sql`,
  programmingLanguage: "sql",
  content: ({ entity: e, fields, random }) => `-- ${e.en} per month and owner, with the share of the total.
with monthly_${e.snakePlural} as (
  select user_id,
         date_trunc('month', created_at) as month,
         count(*) as ${e.snake}_count,
         max(${fields[0]?.snake}) as last_${fields[0]?.snake}
  from ${e.snakePlural}
  where deleted_at is null
    and created_at >= now() - interval '${pick(random, [3, 6, 12])} months'
  group by user_id, month
)
select month,
       user_id,
       ${e.snake}_count,
       round(100.0 * ${e.snake}_count / sum(${e.snake}_count) over (partition by month), 1) as percent_of_month,
       last_${fields[0]?.snake}
from monthly_${e.snakePlural}
order by month desc, ${e.snake}_count desc, user_id;
`,
};

const policies: FileTemplate = {
  path: ({ entity }) => `db/migrations/${entity.snakePlural}_policies.sql`,
  programmingLanguage: "sql",
  content: ({ entity: e, fields }) => `-- Each user reads and writes the own ${e.en} alone.
alter table ${e.snakePlural} enable row level security;
alter table ${e.snakePlural} force row level security;

create policy ${e.snakePlural}_owner on ${e.snakePlural}
  using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid))
  with check (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));

create function touch_${e.snake}() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;

create trigger ${e.snakePlural}_touch before update on ${e.snakePlural}
  for each row execute function touch_${e.snake}();

comment on column ${e.snakePlural}.${fields.at(-1)?.snake} is 'Shown in the list of ${e.en}.';
`,
};

export const sqlTemplates: readonly FileTemplate[] = [schema, queries, policies];
