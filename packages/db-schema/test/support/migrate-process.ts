import { text } from "node:stream/consumers";
import { migrateWith } from "../../src/migrations/runner.ts";

// A process that migrates: node migrate-process.ts <url>, the list of migrations as JSON on its standard input; prints
// how many it applied.
const [, , url] = process.argv;
const { applied } = await migrateWith(JSON.parse(await text(process.stdin)), { url: String(url) });
console.log(applied.length);
