// Captures a scenario's events with one library, in a process of its own that ends as the scenario says. Arguments:
// the library, the scenario's place, and the options as JSON. Writes how many events were taken so far, a line each,
// at once: the process may be killed.
import { writeSync } from "node:fs";
import { setTimeout as timer } from "node:timers/promises";
import { isOurs, type LibraryName, type LibraryOptions, libraries } from "./libraries.ts";
import { scenarios } from "./scenarios.ts";

const [name = "", place = "", json = "{}"] = process.argv.slice(2);
const scenario = scenarios[Number(place)];
if (scenario === undefined) throw new Error(`There is no scenario ${place}.`);
const { events, perTurn, ending } = scenario;
const library = await libraries[name as LibraryName](JSON.parse(json) as LibraryOptions);

let captured = 0;
for (let n = 0; n < events; n += perTurn) {
  const taken: unknown[] = [];
  for (let at = n; at < Math.min(events, n + perTurn); at++) {
    taken.push(library.capture(at));
    if (!isOurs(name as LibraryName) && at % 500 === 499) writeSync(1, `${at + 1}\n`);
  }
  for (const answer of await Promise.all(taken)) if (answer !== false) captured++;
  writeSync(1, `${captured}\n`);
  // The last turn ends the process at once.
  if (n + perTurn < events) await timer(50);
}
if (ending === "exit") process.exit(0);
if (ending === "kill") process.kill(process.pid, "SIGKILL");
await library.shutdown();
process.exit(0);
