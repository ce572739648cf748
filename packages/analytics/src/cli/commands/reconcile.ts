import { createDeliveryQueue } from "../../delivery/create-delivery-queue.ts";
import { posthogReader } from "../../destinations/posthog-reader.ts";
import type { DestinationReader } from "../../reconcile/destination-reader.ts";
import type { Reconciliation } from "../../reconcile/reconcile.ts";
import type { Command, Given } from "../command.ts";
import { table } from "../table.ts";
import { UsageError } from "../usage-error.ts";
import { destinationOption, numberOption, required, textOption } from "../values.ts";

export const reconcileCommand: Command = {
  name: "reconcile",
  summary: "compares a day with what the destination has, and queues again what is missing",
  options: {
    day: { type: "string", value: "<YYYY-MM-DD>", help: "the day of the events" },
    "time-zone": { type: "string", value: "<zone>", help: "whose day, such as Europe/Paris; default UTC" },
    destination: { type: "string", value: "<name>", help: "default posthog" },
    "posthog-host": {
      type: "string",
      value: "<url>",
      help: "such as https://eu.posthog.com, with the variable POSTHOG_PERSONAL_API_KEY",
    },
    "posthog-project": { type: "string", value: "<id>", help: "the project's number" },
    "lag-minutes": { type: "string", value: "<n>", help: "what was sent since is not judged; default 15" },
    "dry-run": { type: "boolean", help: "compare, and queue nothing" },
  },
  prepare(given) {
    const { values } = given;
    const day = required(values, "day", "YYYY-MM-DD");
    const timeZone = textOption(values, "time-zone");
    const lagMinutes = numberOption(values, "lag-minutes", { min: 0, max: 1_440 });
    const destination = destinationOption(values);
    const options = {
      day,
      destination,
      reader: readerOf(given, destination),
      dryRun: values["dry-run"] === true,
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(lagMinutes === undefined ? {} : { lagMinutes }),
    };
    return async ({ db, terminal, json }) => {
      const onProgress = ({ done, total }: { done: number; total: number }) =>
        terminal.progress("reconcile", done, total);
      const call = { signal: terminal.signal };
      const found = await createDeliveryQueue({ db }).reconcile({ ...options, onProgress }, call);
      if (json) terminal.print(JSON.stringify(found));
      else for (const line of linesOf(found)) terminal.print(line);
      return found.complete ? 0 : 1;
    };
  },
};

/** The host's own reader, or one of PostHog. @throws {UsageError} */
function readerOf({ values, env, config }: Given, destination: string): DestinationReader {
  const own = config?.readers?.[destination];
  if (own !== undefined) return own;
  const host = textOption(values, "posthog-host");
  const personalApiKey = env.POSTHOG_PERSONAL_API_KEY;
  if (host === undefined || personalApiKey === undefined) {
    throw new UsageError(
      `Nobody says what ${destination} has: pass --posthog-host and --posthog-project and set POSTHOG_PERSONAL_API_KEY, or --config with readers.${destination}.`,
    );
  }
  const projectId = required(values, "posthog-project", "the project's number");
  // Events go to another host than questions, and the one of events is at hand.
  return posthogReader({
    host: host.replace(/\.i\.posthog\.com/, ".posthog.com"),
    projectId,
    personalApiKey,
  });
}

const counts = [
  "captured",
  "sent",
  "pending",
  "leased",
  "parked",
  "unqueued",
  "missing",
  "requeued",
  "unjudged",
  "refused",
  "unexpected",
] as const satisfies (keyof Reconciliation)[];

const linesOf = (found: Reconciliation): string[] => [
  ...table(
    ["events", "count"],
    counts.map((name) => [name, found[name]]),
  ),
  found.complete
    ? "The destination has every event of the day."
    : "The destination has not every event of the day.",
];
