import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { devoraCatalogue, eventsMarkdown, trackingPlan } from "../src/index.ts";

const docs = join(import.meta.dirname, "../../../docs");

/** The pages that are made of Devora's catalogue: their paths and what they must hold. */
export const cataloguePages = () => [
  {
    path: join(docs, "events.md"),
    text: eventsMarkdown(devoraCatalogue, { title: "Events of Devora's catalogue" }),
  },
  {
    path: join(docs, "tracking-plan.json"),
    text: `${JSON.stringify(trackingPlan(devoraCatalogue), null, 2)}\n`,
  },
];

if (import.meta.filename === process.argv[1]) {
  for (const { path, text } of cataloguePages()) writeFileSync(path, text);
}
