import { devoraCatalogue } from "../../catalogue/devora-catalogue.ts";
import { withSystemEvents } from "../../catalogue/system-events.ts";
import { createDeliveryQueue } from "../../delivery/create-delivery-queue.ts";
import { createDeliveryWorker } from "../../delivery/create-delivery-worker.ts";
import { posthogDestination } from "../../destinations/posthog-destination.ts";
import type { Destination } from "../../ports.ts";
import type { Command, Context, Given } from "../command.ts";
import { table } from "../table.ts";
import { unknownEvents } from "../unknown-events.ts";
import { UsageError } from "../usage-error.ts";
import { destinationOption, textOption } from "../values.ts";

type Destinations = Readonly<Record<string, Destination>>;

export const flushCommand: Command = {
  name: "flush",
  summary: "delivers until nothing moves any more",
  options: {
    destination: { type: "string", value: "<name>", help: "default: all of --config, else posthog" },
    "posthog-host": {
      type: "string",
      value: "<url>",
      help: "such as https://eu.i.posthog.com, with the variable POSTHOG_API_KEY",
    },
    "historical-migration": {
      type: "boolean",
      help: "marks what goes to --posthog-host as an import of the past",
    },
  },
  prepare(given) {
    const { config } = given;
    const destinations = destinationsOf(given);
    return async (context) => {
      const { db, terminal, json } = context;
      if (config?.catalogue === undefined) await refuseUnknown(context, Object.keys(destinations));
      const { catalogue, hashKey } = config ?? {};
      const worker = createDeliveryWorker({
        db,
        destinations,
        ...(catalogue === undefined ? {} : { catalogue }),
        ...(hashKey === undefined ? {} : { hashKey }),
      });
      const queue = createDeliveryQueue({ db });
      const waiting = async () => {
        const stats = await queue.stats();
        const ours = stats.filter(({ destination }) => Object.hasOwn(destinations, destination));
        return new Map(ours.map(({ destination, pending, leased }) => [destination, pending + leased]));
      };

      const total = [...(await waiting()).values()].reduce((sum, count) => sum + count, 0);
      const failures = new Map<string, string>();
      for (let moved = 1, done = 0; moved > 0 && !terminal.signal.aborted; done += moved) {
        moved = 0;
        for (const [name, run] of Object.entries(await worker.runOnce({ signal: terminal.signal }))) {
          moved += run.sent + run.parked + run.removed;
          if (run.failure !== undefined) failures.set(name, run.failure.reason);
        }
        if (moved > 0) terminal.progress("deliver", done + moved, Math.max(total, done + moved));
      }

      const left = await waiting();
      const results = Object.entries(worker.stats()).map(([destination, { sent, parked, removed }]) => ({
        destination,
        sent,
        parked,
        removed,
        left: left.get(destination) ?? 0,
        failure: failures.get(destination) ?? null,
      }));
      if (json) terminal.print(JSON.stringify(results));
      else {
        const rows = results.map((result) => Object.values(result).map((cell) => cell ?? "-"));
        for (const line of table(Object.keys(results[0] ?? {}), rows)) terminal.print(line);
      }
      return results.every((result) => result.left === 0 && result.parked === 0) ? 0 : 1;
    };
  },
};

/** @throws {UsageError} */
function destinationsOf({ values, env, config }: Given): Destinations {
  const only = textOption(values, "destination") === undefined ? undefined : destinationOption(values);
  if (config?.destinations !== undefined) {
    const chosen = Object.entries(config.destinations).filter(
      ([name]) => only === undefined || name === only,
    );
    if (chosen.length > 0) return Object.fromEntries(chosen);
    throw new UsageError("--config has no such destination.");
  }
  const [host, apiKey] = [textOption(values, "posthog-host"), env.POSTHOG_API_KEY];
  if (host === undefined || apiKey === undefined) {
    throw new UsageError(
      "No destination: pass --posthog-host and set POSTHOG_API_KEY, or --config with destinations.",
    );
  }
  const historicalMigration = values["historical-migration"] === true;
  return { [only ?? "posthog"]: posthogDestination({ host, apiKey, historicalMigration }) };
}

/** Without the host's catalogue nobody knows what of its events may leave; they would be parked. @throws {UsageError} */
async function refuseUnknown({ db, terminal }: Context, destinations: readonly string[]): Promise<void> {
  const known = Object.keys(withSystemEvents(devoraCatalogue));
  const unknown = await unknownEvents(db, { destinations, known }, terminal.signal);
  if (unknown.length === 0) return;
  throw new UsageError(
    `The queue has events that Devora's catalogue does not know, such as ${unknown.join(", ")}. Pass --config with your catalogue: it says what of them may leave.`,
  );
}
