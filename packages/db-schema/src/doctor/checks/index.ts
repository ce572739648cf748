import type { Check } from "../check.ts";
import { extensionMissing } from "./extension-missing.ts";
import { extensionOutdated } from "./extension-outdated.ts";
import { foreignKeyOwner } from "./foreign-key-owner.ts";
import { foreignKeyUnindexed } from "./foreign-key-unindexed.ts";
import { functionPublic } from "./function-public.ts";
import { functionSearchPath } from "./function-search-path.ts";
import { indexDuplicate } from "./index-duplicate.ts";
import { indexInvalid } from "./index-invalid.ts";
import { indexNotLeakproof } from "./index-not-leakproof.ts";
import { loginInheritsService } from "./login-inherits-service.ts";
import { loginOwnsTables } from "./login-owns-tables.ts";
import { loginPrivileged } from "./login-privileged.ts";
import { materializedViewGranted } from "./materialized-view-granted.ts";
import { migrations } from "./migrations.ts";
import { neverAnalyzed } from "./never-analyzed.ts";
import { partitionDefault } from "./partition-default.ts";
import { partitionGranted } from "./partition-granted.ts";
import { partitionHorizon } from "./partition-horizon.ts";
import { policyClause } from "./policy-clause.ts";
import { policyEmptySetting } from "./policy-empty-setting.ts";
import { policyMissing } from "./policy-missing.ts";
import { policyPerRow } from "./policy-per-row.ts";
import { primaryKeyMissing } from "./primary-key-missing.ts";
import { roleAttributes } from "./role-attributes.ts";
import { roleMissing } from "./role-missing.ts";
import { rowSecurityOff } from "./row-security-off.ts";
import { rowSecurityUnforced } from "./row-security-unforced.ts";
import { serverVersion } from "./server-version.ts";
import { viewDefiner } from "./view-definer.ts";

/** Every check of `doctor`, in the order in which they run. */
export const checks: readonly Check[] = [
  serverVersion,
  extensionMissing,
  extensionOutdated,
  roleMissing,
  roleAttributes,
  loginPrivileged,
  loginOwnsTables,
  loginInheritsService,
  migrations,
  rowSecurityOff,
  rowSecurityUnforced,
  policyMissing,
  policyClause,
  policyPerRow,
  policyEmptySetting,
  viewDefiner,
  materializedViewGranted,
  partitionGranted,
  functionSearchPath,
  functionPublic,
  foreignKeyOwner,
  foreignKeyUnindexed,
  indexNotLeakproof,
  indexInvalid,
  indexDuplicate,
  primaryKeyMissing,
  partitionHorizon,
  partitionDefault,
  neverAnalyzed,
];
