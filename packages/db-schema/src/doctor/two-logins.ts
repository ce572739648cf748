import type { Facts } from "./facts.ts";

/**
 * How to give the application a login of its own, beside the one that migrates.
 * PostgreSQL 15 knows no membership without inheritance, so workers need a third login there.
 */
export function twoLogins({ login, versionNumber }: Facts): string {
  const service =
    versionNumber >= 160_000
      ? "grant devora_service to app_login with inherit false, set true;"
      : "create role worker_login login password '…' in role devora_service;";
  return `Keep ${login} for migrations, and connect the application as a login that owns nothing: create role app_login login password '…' in role devora_app; Where it calls withService, also: ${service}`;
}
