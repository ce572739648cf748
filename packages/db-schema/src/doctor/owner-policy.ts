/** How to write the policy of a table whose owner column we do not know: `user_id` stands for it. */
export const ownerPolicy = (table: string): string =>
  `create policy … on ${table} using (${ownerCondition}) with check (${ownerCondition})`;

export const ownerCondition = "user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)";
