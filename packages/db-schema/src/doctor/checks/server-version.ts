import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

/** The oldest minor release of each version without known ways around row level security (CVE-2025-8713 and before). */
const floors: Record<number, number> = { 15: 14, 16: 10, 17: 6, 18: 0 };

export const serverVersion: Check = {
  name: "server-version",
  query: () => sql`select current_setting('server_version') as version`,
  finding(row, { versionNumber }) {
    const major = Math.floor(versionNumber / 10_000);
    const minor = versionNumber % 10_000;
    const object = `PostgreSQL ${row.version}`;
    if (major < 15) {
      return {
        severity: "error",
        object,
        message: "PostgreSQL 15 is the oldest version supported.",
        fix: "Upgrade the server to PostgreSQL 15 or newer.",
      };
    }
    const floor = floors[major] ?? 0;
    if (minor >= floor) return undefined;
    return {
      severity: "warning",
      object,
      message: `Minor releases before ${major}.${floor} have known ways around row level security.`,
      fix: `Upgrade the server to PostgreSQL ${major}.${floor} or a newer minor release.`,
    };
  },
};
