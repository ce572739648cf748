/** How a policy's expression, as `pg_get_expr` prints it, reads settings. */
export interface SettingUse {
  /** `current_setting` is called outside a scalar subquery, so once per row. */
  perRow: boolean;
  /** `current_setting` is not wrapped in `nullif(…, '')`, so the empty string of a finished scope counts as a value. */
  emptyCounts: boolean;
}

// A quoted text or name, a parenthesis with what tells a subquery, or a call.
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\((?:\s*SELECT\b)?|\)|\bcurrent_setting(?=\()/gi;

export function settingUse(expression: string): SettingUse {
  const use = { perRow: false, emptyCounts: false };
  const open: boolean[] = [];
  for (const { 0: token, index } of expression.matchAll(tokens)) {
    if (token.startsWith("(")) open.push(token.length > 1);
    else if (token === ")") open.pop();
    else if (/^current_setting$/i.test(token)) {
      if (!open.includes(true)) use.perRow = true;
      if (!/NULLIF\($/i.test(expression.slice(0, index))) use.emptyCounts = true;
    }
  }
  return use;
}
