// Captures a scenario's events with one library, in a process of its own that ends as the scenario says. Arguments:
// the library, the scenario, and the options as JSON. Writes how many events were taken so far, a line each,
// at once: the process may be killed.
import { writeSync } from "node:fs";
import { setTimeout as timer } from "node:timers/promises";
import { type LibraryName, type LibraryOptions, libraries } from "./libraries.ts";
import { scenarios } from "./scenarios.ts";

const [name = "", title = "", json = "{}"] = process.argv.slice(2);
const scenario = scenarios.find((each) => each.name === title);
if (scenario === undefined) throw new Error(`There is no scenario ${title}.`);
const { events, perTurn, ending } = scenario;
const library = await libraries[name as LibraryName](JSON.parse(json) as LibraryOptions);

let captured = 0;
const count = (answer: unknown) => {
  if (answer !== false) captured++;
  if (captured % 500 === 0) writeSync(1, `${captured}\n`);
};
for (let n = 0; n < events; n += perTurn) {
  const taken: Promise<void>[] = [];
  for (let at = n; at < Math.min(events, n + perTurn); at++) {
    const answer = library.capture(at);
    if (answer instanceof Promise) taken.push(answer.then(count));
    else count(answer);
  }
  await Promise.all(taken);
  writeSync(1, `${captured}\n`);
  // The last turn ends the process at once.
  if (n + perTurn < events) await timer(50);
}
if (ending === "exit") process.exit(0);
if (ending === "kill") process.kill(process.pid, "SIGKILL");
await library.shutdown();
process.exit(0);
