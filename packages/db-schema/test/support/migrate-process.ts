import { migrateWith } from "../../src/migrations/runner.ts";

// A process that migrates: node migrate-process.ts <url> <list of migrations as JSON>; prints how many it applied.
const [, , url, list] = process.argv;
const { applied } = await migrateWith(JSON.parse(String(list)), { url: String(url) });
console.log(applied.length);
