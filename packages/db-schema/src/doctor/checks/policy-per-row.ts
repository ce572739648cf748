import type { Check } from "../check.ts";
import { policyExpressions } from "../policies.ts";
import { settingUse } from "../policy-expression.ts";

export const policyPerRow: Check = {
  name: "policy-per-row",
  query: policyExpressions,
  finding({ name, policy, expression }) {
    if (!settingUse(String(expression)).perRow) return undefined;
    return {
      severity: "warning",
      object: `${policy} on ${name}`,
      message: "The policy calls current_setting for every row; in a scalar subquery it is called once.",
      fix: `alter policy ${policy} on ${name} with (select nullif(current_setting('app.user_id', true), '')::uuid) in place of the bare call.`,
    };
  },
};
