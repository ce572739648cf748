import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { wholeNumber } from "../values.ts";

export const seedCommand: Command = {
  name: "seed",
  summary: "fill the tables with a made-up population, for trials and benchmarks",
  stops: true,
  options: {
    size: {
      type: "string",
      value: "<n>",
      help: "how much: 1 is 150 users and 50,000 events, at most 100; default 1",
    },
    seed: { type: "string", value: "<n>", help: "which population; default 1" },
  },
  prepare(values) {
    const size = values.size === undefined ? 1 : Number(values.size);
    if (!(size > 0 && size <= 100)) throw new UsageError("--size must be a number above 0 and at most 100.");
    const seed =
      wholeNumber(values, "seed", { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }) ?? 1;
    return async ({ target: { db }, terminal, json }) => {
      const { seedPopulation } = await import("../../seed/seed-population.ts");
      // One transaction, so that a population is there whole or not at all.
      const summary = await db.transaction((tx) =>
        seedPopulation(tx, {
          size,
          seed,
          signal: terminal.signal,
          onProgress: ({ table, done, total }) => terminal.progress(table, done, total),
        }),
      );
      if (json) terminal.print(JSON.stringify(summary));
      else {
        for (const [table, rows] of Object.entries(summary.counts))
          terminal.print(`${table.padEnd(24)}${rows}`);
        terminal.print(`demo user               ${summary.demoUserId}`);
      }
      return 0;
    };
  },
};
