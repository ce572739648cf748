import { archiveInto } from "../archive.ts";
import type { Command } from "../command.ts";
import { mayLose } from "../confirm.ts";
import { UsageError } from "../usage-error.ts";
import { pastDay, wholeNumber } from "../values.ts";

export const partitionsCommand: Command = {
  name: "partitions",
  summary: "make the months of events to come, and drop old ones on request",
  options: {
    ahead: { type: "string", value: "<n>", help: "months to have ready after this one; default 3" },
    "drop-before": {
      type: "string",
      value: "<YYYY-MM-DD>",
      help: "drop the months that end by this day (UTC)",
    },
    archive: {
      type: "string",
      value: "<folder>",
      help: "first write each month to <folder>/<month>.jsonl.gz",
    },
    yes: { type: "boolean", help: "do not ask before months are dropped" },
  },
  prepare(values) {
    const monthsAhead = wholeNumber(values, "ahead", { min: 0, max: 120 }) ?? 3;
    const before = pastDay(values, "drop-before");
    const folder = values.archive;
    if (folder !== undefined && before === undefined) {
      throw new UsageError("--archive goes with --drop-before.");
    }
    const archive = typeof folder === "string" ? archiveInto(folder) : undefined;
    return async ({ target: { db }, terminal, json }) => {
      const { dropPartitionsBefore, ensurePartitions } = await import("../../partitions.ts");
      const day = String(values["drop-before"]);
      const question = `This drops the months of events that end by ${day}${archive ? `, after writing them to ${folder}` : ", without an archive (--archive <folder>)"}.`;
      if (before && !(await mayLose(terminal, question, values.yes === true))) return 1;
      const { created } = await ensurePartitions(db, { monthsAhead });
      const { dropped, kept } = before
        ? await dropPartitionsBefore(db, before, { ...(archive && { archive }) })
        : { dropped: [], kept: [] };
      if (json) terminal.print(JSON.stringify({ created, dropped, kept }));
      else {
        for (const name of created) terminal.print(`made ${name}`);
        for (const name of dropped) terminal.print(`dropped ${name}`);
        for (const { partition, undelivered } of kept) {
          terminal.print(`kept ${partition}: ${undelivered} events wait for delivery`);
        }
        if (created.length + dropped.length + kept.length === 0) terminal.print("Nothing to do.");
      }
      return 0;
    };
  },
};
