import type { Check } from "../check.ts";
import { policyExpressions } from "../policies.ts";
import { settingUse } from "../policy-expression.ts";

export const policyEmptySetting: Check = {
  name: "policy-empty-setting",
  query: policyExpressions,
  finding({ name, policy, expression }) {
    if (!settingUse(String(expression)).emptyCounts) return undefined;
    return {
      severity: "warning",
      object: `${policy} on ${name}`,
      message:
        "After a scope a connection holds the empty string, not null: without nullif the policy fails on uuid and bigint, and compares text with ''.",
      fix: `alter policy ${policy} on ${name} with nullif(current_setting('app.user_id', true), '') in place of the bare call.`,
    };
  },
};
