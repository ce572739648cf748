import { createDeliveryQueue } from "../../delivery/create-delivery-queue.ts";
import type { Command } from "../command.ts";
import { table } from "../table.ts";
import { UsageError } from "../usage-error.ts";
import { destinationOption, listOption, numberOption } from "../values.ts";

export const parkedCommand: Command = {
  name: "parked",
  summary: "lists what was put aside, or queues it again",
  options: {
    destination: { type: "string", value: "<name>", help: "default posthog" },
    limit: { type: "string", value: "<n>", help: "most rows of the list, 1 to 1000; default 100" },
    retry: { type: "boolean", help: "queue all of the destination again, or those of --ids" },
    ids: { type: "string", value: "<a,b>", help: "events to queue again" },
  },
  prepare({ values }) {
    const destination = destinationOption(values);
    const limit = numberOption(values, "limit", { min: 1, max: 1_000 }) ?? 100;
    const ids = listOption(values, "ids");
    if (ids !== undefined && values.retry !== true) throw new UsageError("--ids goes with --retry.");
    return async ({ db, terminal, json }) => {
      const queue = createDeliveryQueue({ db });
      if (values.retry === true) {
        const options = { destination, ...(ids === undefined ? {} : { ids }) };
        const { retried } = await queue.retryParked(options, { signal: terminal.signal });
        terminal.print(json ? JSON.stringify({ retried }) : `queued ${retried} again`);
        return 0;
      }
      const parked = await queue.parkedEvents({ destination, limit }, { signal: terminal.signal });
      if (json) terminal.print(JSON.stringify(parked));
      else if (parked.length === 0) terminal.print(`Nothing is parked for ${destination}.`);
      else {
        const headings = ["id", "event", "occurred", "attempts", "reason"];
        const rows = parked.map(({ id, event, occurredAt, attempts, reason }) => [
          id,
          event ?? "(gone)",
          occurredAt.toISOString(),
          attempts,
          reason,
        ]);
        for (const line of table(headings, rows)) terminal.print(line);
      }
      return 0;
    };
  },
};
