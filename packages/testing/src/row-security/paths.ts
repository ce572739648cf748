import { quoted, type Table } from "./read-catalogue.ts";

/** Names of the paths that {@link makePaths} makes for a table. */
export const pathNames = (table: Table) => {
  const suffix = table.name.replace(".", "_");
  return { view: quoted(`pg_temp.view_of_${suffix}`), rows: quoted(`pg_temp.rows_of_${suffix}`) };
};

/** A view with the reader's rights and a function whose plan is kept, over a table: two more ways to its rows. */
export function makePaths(table: Table): string[] {
  const { view, rows } = pathNames(table);
  const name = quoted(table.name);
  return [
    `create or replace temp view ${view.slice(view.indexOf(".") + 1)} with (security_invoker = true) as select * from ${name}`,
    `grant select on ${view} to devora_app`,
    `create or replace function ${rows}() returns setof ${name} language plpgsql stable as $$ begin return query select * from ${name}; end $$`,
  ];
}
