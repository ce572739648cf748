import { type Database, withService } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** Rows per table: a hundred times the figures of a small installation. */
export const sizes = {
  users: 15_000,
  projects: 34_000,
  conversations: 9_000,
  messages: 200_000,
};

/** The user who owns half of the messages, and 200 projects. */
export const largeUser = "c4ca4238-a0b9-2382-0dcc-509a6f75849b";

/** Messages of thirty words out of 6,000, the n-th word about as frequent as 1 / n, as in language. */
const words = sql`
  select string_agg('word' || floor(exp(random() * ln(6000)))::int, ' ')
  from generate_series(1, 30 + n * 0)`;
/** One id per kind and number, so that rows find their parents without a look-up. User 1 is {@link largeUser}. */
const idOf = (kind: string, n: ReturnType<typeof sql>) => sql`md5(${kind}::text || ${n})::uuid`;

/** Fills the tables of module app by set-based statements, the same rows each time. */
export async function fill(db: Database): Promise<void> {
  await withService(db, async (tx) => {
    await tx.execute(sql`select setseed(0.25)`);
    await tx.execute(sql`
      insert into users (id, email, created_at)
      select ${idOf("", sql`n`)}, 'user' || n || '@example.com', timestamptz '2026-01-01' + n * interval '1 minute'
      from generate_series(1, ${sizes.users}::int) n`);
    await tx.execute(sql`
      insert into projects (id, user_id, name, description, created_at)
      select ${idOf("project", sql`n`)}, ${idOf("", sql`owner`)}, 'Project ' || n, 'A project of user ' || owner,
             timestamptz '2026-01-01' + n * interval '1 minute'
      from (
        select n, case when n <= 200 then 1 else 2 + (n * 7919) % (${sizes.users}::int - 1) end as owner
        from generate_series(1, ${sizes.projects}::int) n
      ) numbered`);
    await tx.execute(sql`
      insert into conversations (id, user_id, title, created_at)
      select ${idOf("conversation", sql`n`)}, ${idOf("", sql`case when n <= 1000 then 1 else n end`)}, 'Chat ' || n,
             timestamptz '2026-01-01' + n * interval '1 minute'
      from generate_series(1, ${sizes.conversations}::int) n`);
    await tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, language, content, created_at)
      select ${idOf("message", sql`n`)}, ${idOf("", sql`case when chat <= 1000 then 1 else chat end`)},
             ${idOf("conversation", sql`chat`)}, 'user', 'en', text, timestamptz '2026-01-01' + n * interval '1 second'
      from (
        select n, (${words}) as text,
               case when n <= ${sizes.messages / 2}::int then 1 + n % 1000
                    else 1001 + n % (${sizes.conversations}::int - 1000) end as chat
        from generate_series(1, ${sizes.messages}::int) n
      ) written`);
  });
  // Folds the pending list of the GIN indexes and tells the planner what is there.
  for (const table of ["users", "projects", "conversations", "messages"]) {
    await db.execute(sql`vacuum (analyze) ${sql.identifier(table)}`);
  }
}

/**
 * `<name>_open`: the same rows and indexes without row level security, to compare with. Generated columns are copied
 * as plain ones, because computing them again is not what is measured.
 */
export async function copyWithoutSecurity(db: Database, name: string): Promise<void> {
  const open = sql.identifier(`${name}_open`);
  await db.execute(
    sql`create table ${open} (like ${sql.identifier(name)} including defaults including indexes)`,
  );
  await db.execute(sql`grant select, insert on ${open} to devora_service, devora_app`);
  await withService(db, (tx) => tx.execute(sql`insert into ${open} select * from ${sql.identifier(name)}`));
  await db.execute(sql`vacuum (analyze) ${open}`);
}
