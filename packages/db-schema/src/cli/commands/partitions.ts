import type { WrittenArchive } from "../../archive/write-archive.ts";
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
      help: "first write each month to <folder>/<month>.ndjson.gz",
    },
    "prune-ids": {
      type: "string",
      value: "<days>",
      help: "forget the ids of dropped events that are older; at least 31",
    },
    yes: { type: "boolean", help: "do not ask before months are dropped or ids forgotten" },
  },
  prepare(values) {
    const monthsAhead = wholeNumber(values, "ahead", { min: 0, max: 120 }) ?? 3;
    const before = pastDay(values, "drop-before");
    const folder = values.archive;
    if (folder !== undefined && before === undefined) {
      throw new UsageError("--archive goes with --drop-before.");
    }
    const olderThanDays = wholeNumber(values, "prune-ids", { min: 31, max: 100_000 });
    return async ({ target: { db }, terminal, json }) => {
      const { archiveTo, dropPartitionsBefore, ensurePartitions, pruneEventIds } = await import(
        "../../index.ts"
      );
      for (const question of [
        before && dropQuestion(String(values["drop-before"]), folder),
        olderThanDays &&
          `This forgets the ids of dropped events older than ${olderThanDays} days: one that is sent again counts as new.`,
      ]) {
        if (question && !(await mayLose(terminal, question, values.yes === true))) return 1;
      }
      const { created } = await ensurePartitions(db, { monthsAhead });
      const archives: WrittenArchive[] = [];
      const archive =
        typeof folder === "string"
          ? archiveTo(folder, {
              onProgress: ({ partition, done, total }) => terminal.progress(partition, done, total),
              onArchived: (written) => archives.push(written),
            })
          : undefined;
      const { dropped, kept } = before
        ? await dropPartitionsBefore(db, before, { ...(archive && { archive }) })
        : { dropped: [], kept: [] };
      const pruned = olderThanDays ? (await pruneEventIds(db, { olderThanDays })).pruned : 0;
      if (json) terminal.print(JSON.stringify({ created, archives, dropped, kept, pruned }));
      else {
        for (const name of created) terminal.print(`made ${name}`);
        for (const { events, file } of archives) terminal.print(`archived ${events} events to ${file}`);
        for (const name of dropped) terminal.print(`dropped ${name}`);
        for (const { partition, undelivered } of kept) {
          terminal.print(`kept ${partition}: ${undelivered} events wait for delivery`);
        }
        if (olderThanDays) terminal.print(`forgot ${pruned} ids`);
        else if (created.length + dropped.length + kept.length === 0) terminal.print("Nothing to do.");
      }
      return 0;
    };
  },
};

const dropQuestion = (day: string, folder: unknown): string =>
  `This drops the months of events that end by ${day}${folder ? `, after writing them to ${folder}` : ", without an archive (--archive <folder>)"}.`;
