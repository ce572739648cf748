import { readFileSync } from "node:fs";
import type { ArchivedEvent } from "../../archive/archived-event.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";

export const restoreCommand: Command = {
  name: "restore",
  summary: "write the events of an archive back into their month",
  stops: true,
  options: {
    archive: { type: "string", value: "<file>", help: "the .ndjson.gz file, its manifest beside it" },
    without: {
      type: "string",
      value: "<file>",
      help: "ids of people who were erased since, one a line; their events are left out",
    },
  },
  prepare(values) {
    const { archive: file } = values;
    if (typeof file !== "string") throw new UsageError("--archive <file> says what to restore.");
    const erased = typeof values.without === "string" ? idsIn(values.without) : new Set<string | null>();
    const skip = ({ distinctId, ownerId, actorId }: ArchivedEvent) =>
      [distinctId, ownerId, actorId].some((id) => erased.has(id));
    return async ({ target: { db }, terminal, json }) => {
      const { restoreArchive } = await import("../../archive/restore-archive.ts");
      const result = await restoreArchive(db, file, {
        skip,
        signal: terminal.signal,
        onProgress: ({ done, total }) => terminal.progress("events", done, total),
      });
      if (json) terminal.print(JSON.stringify(result));
      else for (const [name, count] of Object.entries(result)) terminal.print(`${name.padEnd(12)}${count}`);
      return 0;
    };
  },
};

function idsIn(file: string): Set<string | null> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError("--without: the file cannot be read.");
  }
  return new Set(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  );
}
