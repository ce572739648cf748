import type { MigrationSession } from "./session.ts";

/** Runs `fn` with settings of the session, and puts back what they were: the connection may be the host's. */
export async function withSettings<T>(
  session: MigrationSession,
  settings: Readonly<Record<string, string>>,
  fn: () => Promise<T>,
): Promise<T> {
  const before: [string, string][] = [];
  try {
    for (const [name, value] of Object.entries(settings)) {
      // One statement each: PostgreSQL promises no order of evaluation within a select list.
      const [row] = await session.rows("select current_setting($1) as value", [name]);
      await set(session, name, value);
      before.push([name, String(row?.value)]);
    }
    return await fn();
  } finally {
    for (const [name, value] of before) await set(session, name, value).catch(() => {});
  }
}

async function set(session: MigrationSession, name: string, value: string): Promise<void> {
  await session.rows("select set_config($1, $2, false)", [name, value]);
}
