// Archives and drops a month as a host would, and stands still at a step until it is killed. Arguments: URL of the
// database, folder, day, and the step.
import { archiveTo, type Database, dropPartitionsBefore } from "@devora/db-schema";
import { standStill } from "@devora/testing/stand-still";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { steps } from "./archive-steps.ts";

const [url = "", folder = "", day = "", step = ""] = process.argv.slice(2);
const before = steps[step];
if (before === undefined) throw new Error(`There is no step "${step}".`);

const client = postgres(url, { max: 2, connection: { application_name: "doomed" }, onnotice: () => {} });
// Told of a statement before it is sent, when those before it are done.
const logger = { logQuery: (query: string) => void (before.statement?.test(query) && standStill()) };
const archive = archiveTo(folder);

async function* untilTheLast(lines: AsyncIterable<string>) {
  yield* lines;
  if (before?.statement === undefined) standStill();
}
await dropPartitionsBefore(drizzle({ client, logger }) as unknown as Database, new Date(day), {
  archive: (month) => archive({ ...month, lines: untilTheLast(month.lines) }),
});
await client.end();
