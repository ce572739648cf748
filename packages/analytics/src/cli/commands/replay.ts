import { createDeliveryQueue } from "../../delivery/create-delivery-queue.ts";
import type { Command } from "../command.ts";
import { destinationOption, listOption, required, textOption, timeOption } from "../values.ts";

export const replayCommand: Command = {
  name: "replay",
  summary: "queues the events of a time range for a destination",
  options: {
    from: { type: "string", value: "<time>", help: "inclusive: YYYY-MM-DD (UTC) or 2026-11-22T10:00:00Z" },
    to: { type: "string", value: "<time>", help: "exclusive" },
    destination: { type: "string", value: "<name>", help: "for whom" },
    events: { type: "string", value: "<a,b>", help: "names of events; default all" },
    again: { type: "boolean", help: "also what the destination took before" },
    cursor: { type: "string", value: "<cursor>", help: "goes on where an earlier run stopped" },
    "dry-run": { type: "boolean", help: "count, and queue nothing" },
  },
  prepare({ values }) {
    required(values, "destination", "the name of a destination");
    const [from, to] = [timeOption(values, "from"), timeOption(values, "to")];
    const events = listOption(values, "events");
    const cursor = textOption(values, "cursor");
    const dryRun = values["dry-run"] === true;
    const options = {
      from,
      to,
      destination: destinationOption(values),
      again: values.again === true,
      dryRun,
      ...(events === undefined ? {} : { events }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    return async ({ db, terminal, json }) => {
      let reached: string | undefined;
      const onProgress = (progress: { read: number; total: number; cursor: string }) => {
        reached = progress.cursor;
        terminal.progress("replay", progress.read, progress.total);
      };
      try {
        const call = { signal: terminal.signal };
        const result = await createDeliveryQueue({ db }).replay({ ...options, onProgress }, call);
        const { read, queued, again, refused } = result;
        if (json) terminal.print(JSON.stringify(result));
        else {
          const verb = dryRun ? "would queue" : "queued";
          terminal.print(`${verb} ${queued} of ${read} events, ${again} again; ${refused} opted out since`);
        }
        return 0;
      } catch (error) {
        if (reached !== undefined) terminal.note(`It got as far as --cursor ${reached}`);
        throw error;
      }
    };
  },
};
