import { createDeliveryQueue } from "../../delivery/create-delivery-queue.ts";
import type { Command } from "../command.ts";
import { table } from "../table.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "shows what each destination's queue holds",
  options: {},
  prepare:
    () =>
    async ({ db, terminal, json }) => {
      const stats = await createDeliveryQueue({ db }).stats({ signal: terminal.signal });
      if (json) terminal.print(JSON.stringify(stats));
      else if (stats.length === 0) terminal.print("The queue is empty, and nothing was sent for a day.");
      else {
        const headings = ["destination", "pending", "leased", "parked", "sent in 24 h", "oldest"];
        const rows = stats.map((queue) => [
          queue.destination,
          queue.pending,
          queue.leased,
          queue.parked,
          queue.sentLastDay,
          ageOf(queue.oldestPendingAgeSeconds),
        ]);
        for (const line of table(headings, rows)) terminal.print(line);
      }
      return 0;
    },
};

function ageOf(seconds: number | null): string {
  if (seconds === null) return "-";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
