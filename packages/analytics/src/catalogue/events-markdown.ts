import type { Catalogue } from "./define-catalogue.ts";
import { escapeMarkdown, markdownName } from "./escape-markdown.ts";
import { schemaInWords } from "./schema-in-words.ts";
import { type PlannedEvent, trackingPlan } from "./tracking-plan.ts";

export interface EventsMarkdownOptions {
  /** The page's heading. Default `Events`. */
  title?: string;
}

const legend = `Privacy says what happens to a property before an event leaves the database: \`keep\` sends it, \`hash\` sends a digest, \`drop\` leaves it out. Retention is a label on the event's row. Activity: a person who did this was active that day.`;

/**
 * A page in Markdown of a catalogue: a table of its events, those of the package itself among them, and for each
 * what happened, its labels, and its properties with type, privacy class and allowed values. Ends with a line end.
 *
 * Names and descriptions are shown as they are, whatever Markdown or HTML they hold.
 *
 * @throws {AnalyticsError} INVALID_CATALOGUE
 *
 * @example
 * writeFileSync("docs/events.md", eventsMarkdown(catalogue, { title: "Events of the library" }));
 */
export function eventsMarkdown(
  catalogue: Catalogue,
  { title = "Events" }: EventsMarkdownOptions = {},
): string {
  const events = Object.entries(trackingPlan(catalogue).events);
  const anchors = createAnchors();
  anchors(title);
  const index = events.map(([name, event]) => [
    `[${markdownName(name)}](#${anchors(name)})`,
    escapeMarkdown(event.description),
    event.countsAsActivity ? "yes" : "",
    event.retention,
  ]);
  return `${[
    `# ${escapeMarkdown(title)}`,
    legend,
    table(["event", "what happened", "activity", "retention"], index),
    ...events.flatMap(([name, event]) => section(name, event)),
  ].join("\n\n")}\n`;
}

function section(name: string, event: PlannedEvent): string[] {
  const { properties, required } = event.properties;
  const activity = event.countsAsActivity ? "Counts as activity" : "No activity";
  const rows = Object.entries(properties).map(([property, schema]) => {
    const { type, allowed } = schemaInWords(schema);
    return [
      markdownName(property),
      type,
      required.includes(property) ? "yes" : "",
      event.privacy[property] ?? "",
      allowed,
    ];
  });
  return [
    `## ${markdownName(name)}`,
    escapeMarkdown(event.description),
    `${activity}. Retention ${event.retention}.`,
    rows.length === 0
      ? "No properties."
      : table(["property", "type", "required", "privacy", "allowed"], rows),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Addresses of headings as GitHub and most others make them; a second one of the same name gets a number. */
function createAnchors(): (heading: string) => string {
  const taken = new Map<string, number>();
  return (heading) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
    const before = taken.get(anchor) ?? 0;
    taken.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  };
}
