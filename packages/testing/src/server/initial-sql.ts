/** The names that every throw-away server has. */
export const names = { superuser: "postgres", migrator: "devora_migrator", database: "devora" } as const;

/**
 * SQL for `psql`, run once as superuser in `template1`. It creates the login that migrates (no superuser, as on
 * managed hosts) with its own database, after those of `extensions` that only a superuser may create: every
 * database made from the template has them, as on managed hosts, where the owner is allowed to create them.
 * @param password  of the migrating login; letters and digits only
 */
export function initialSql(password: string, extensions: readonly string[]): string {
  const wanted = extensions.map((name) => `'${name}'`).join(", ");
  return `
select format('create extension %I', e.name)
  from pg_available_extensions e
  join pg_available_extension_versions v on v.name = e.name and v.version = e.default_version
 where e.name in (${wanted}) and not v.trusted
\\gexec
create role ${names.migrator}
  login nosuperuser createdb createrole nobypassrls password '${password}';
create database ${names.database} owner ${names.migrator} template template1;
`;
}
