// pnpm soak:analytics [--minutes 5] [--seed n]: the proof of no loss for as long as one likes; exit code 1 for a fault.
import { parseArgs } from "node:util";
import { runSoak } from "./run-soak.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: { minutes: { type: "string", default: "5" }, seed: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("Usage: pnpm soak:analytics [--minutes 5] [--seed n]");
  process.exit(2);
}
console.log(`seed ${seed}, ${minutes} minutes`);
const started = performance.now();
const elapsedMs = () => performance.now() - started;
const { faults, counts, kills, serverFaults } = await runSoak({
  seed,
  goOn: () => elapsedMs() < minutes * 60_000,
  log: (text) => console.log(`[${(elapsedMs() / 1000).toFixed(1).padStart(6)} s] ${text}`),
});
console.log("killed -9:", kills);
console.log("requests that the server answered wrongly:", serverFaults);
console.log("events:", counts);
for (const fault of faults.slice(0, 50)) console.log(`FAULT: ${fault}`);
console.log(faults.length === 0 ? "nothing lost, doubled or changed" : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
