import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDeliveryQueue, createDeliveryWorker, posthogDestination } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import { type BenchRow, toRow } from "../../../row.ts";
import { howToInstallRivals } from "../../embeddings/rivals.ts";
import { startCountingServer } from "./counting-server.ts";
import { isOurs, type LibraryName, libraries, versionOf } from "./libraries.ts";
import { budget, type Scenario, scenarios } from "./scenarios.ts";

/** What became of a library's events under one fault. */
interface Outcome {
  scenario: Scenario;
  library: LibraryName;
  captured: number;
  delivered: number;
  lost: number;
  /** Times that an event arrived again. */
  duplicates: number;
  /** It was still at work after {@link longestRunMs}, and was killed. */
  isStuck: boolean;
}

/** So that the whole table takes less than five minutes. */
const longestRunMs = 45_000;

const script = fileURLToPath(new URL("capture-with.ts", import.meta.url));

/**
 * Captured, delivered and lost under each fault, of ours and of the SDKs of PostHog, Segment and RudderStack, each in a
 * process of its own against a server of its own. Those that are not installed are named.
 */
export async function faults(
  db: Database,
  url: string | undefined,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  if (url === undefined) {
    log("faults are not compared: processes cannot share the embedded database; set DATABASE_URL");
    return [];
  }
  const names = (Object.keys(libraries) as LibraryName[]).filter((name) => {
    if (isOurs(name) || versionOf(name) !== undefined) return true;
    log(`${name} is not installed, and not compared. Install it: ${howToInstallRivals}`);
    return false;
  });
  log(`all with ${JSON.stringify(budget)}; sizes of queues are each library's own`);
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    log(`${scenario.name}: ${scenario.events.toLocaleString("en")} events …`);
    const started = performance.now();
    const runOne = (library: LibraryName) => run(db, url, scenario, library);
    if (scenario.perTurn < scenario.events) outcomes.push(...(await Promise.all(names.map(runOne))));
    // Side by side they only wait; a burst keeps a core busy.
    else for (const library of names) outcomes.push(await runOne(library));
    log(`${scenario.name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  log(formatOutcomes(outcomes));
  return outcomes.filter(({ library }) => isOurs(library)).map(rowOf);
}

async function run(
  db: Database,
  databaseUrl: string,
  scenario: Scenario,
  library: LibraryName,
): Promise<Outcome> {
  const server = await startCountingServer(scenario.faultOf);
  const place = scenarios.indexOf(scenario);
  const destination = `${isOurs(library) ? library.replace(", ", "-") : "none"}-${place}`;
  const options = JSON.stringify({ host: server.url, databaseUrl, destination });
  const child = spawn(
    process.execPath,
    ["--conditions=@devora/source", script, library, scenario.name, options],
    {
      stdio: ["ignore", "pipe", isOurs(library) ? "inherit" : "ignore"],
    },
  );
  let captured = 0;
  createInterface(child.stdout).on("line", (line) => {
    captured = Number(line) || captured;
  });
  let isStuck = false;
  const limit = setTimeout(() => {
    // Ours ends by itself; what is slow about it is the machine.
    isStuck = !isOurs(library);
    if (!isStuck) return;
    child.kill("SIGKILL");
  }, longestRunMs);
  await once(child, "close");
  clearTimeout(limit);
  // Whatever the process was to send after its restart. The others have nothing left to send.
  if (isOurs(library)) await deliverRest(db, server.url, destination);
  await server.close();
  const delivered = server.counts.size;
  const arrived = [...server.counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    scenario,
    library,
    captured,
    delivered,
    lost: captured - delivered,
    isStuck,
    duplicates: arrived - delivered,
  };
}

async function deliverRest(db: Database, host: string, destination: string): Promise<void> {
  const posthog = posthogDestination({ host, apiKey: "phc_benchmark" });
  const worker = createDeliveryWorker({ db, destinations: { [destination]: posthog }, pollMs: 100 });
  const queue = createDeliveryQueue({ db });
  worker.start();
  while (true) {
    const stats = (await queue.stats()).find((each) => each.destination === destination);
    if (stats === undefined || stats.pending + stats.leased === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await worker.stop();
}

/** What is in memory is lost with the process, by design of that way of capturing: no goal. */
function rowOf({ scenario, library, lost }: Outcome): BenchRow {
  const isPromised = library === "ours, awaited" || scenario.ending === "shutdown";
  const name = `lost, ${library}: ${scenario.name}`;
  return toRow({
    suite: "analytics",
    name,
    measured: lost,
    unit: "events",
    ...(isPromised ? { goal: 0 } : {}),
  });
}

/** A table in Markdown: a line per fault, a column per library. */
function formatOutcomes(outcomes: readonly Outcome[]): string {
  const names = [...new Set(outcomes.map(({ library }) => library))];
  const heads = names.map((name) => [name, versionOf(name)].filter((part) => part !== undefined).join(" "));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = [...new Set(outcomes.map(({ scenario }) => scenario))].map((scenario) => {
    const cells = names.map((name) => {
      const outcome = outcomes.find((each) => each.library === name && each.scenario === scenario);
      if (outcome === undefined) return "";
      const { captured, delivered, lost, duplicates, isStuck } = outcome;
      return `${captured} / ${delivered} / ${lost === 0 ? "0" : `**${lost}**`} / ${duplicates}${isStuck ? ` (killed after ${longestRunMs / 1000} s)` : ""}`;
    });
    return line([scenario.name, ...cells]);
  });
  const head = ["captured / delivered / lost / arrived again", ...heads];
  return [line(head), line(head.map(() => "---")), ...lines].join("\n");
}
