import { expect, test } from "vitest";
import { z } from "zod";
import { type Catalogue, drop, eventsMarkdown, hash, keep } from "../../../src/index.ts";

const page = (catalogue: Catalogue, title?: string) =>
  eventsMarkdown(catalogue, title === undefined ? {} : { title });
const lines = (catalogue: Catalogue, title?: string) => page(catalogue, title).split("\n");
const event = { description: "Something happened.", properties: {} };

/** The row of each property: type, required, privacy, allowed. */
function rows(properties: Catalogue[string]["properties"]): Record<string, string> {
  const [, section = ""] = page({ happened: { ...event, properties } }).split("## `happened`");
  const found = section
    .split("\n")
    .filter((line) => /^\| `[a-z]+` \|/.test(line))
    .map((line) => /^\| `(.*?)` \| (.*) \|$/.exec(line)?.slice(1) ?? []);
  return Object.fromEntries(found);
}

test("a page has an index and a section for each event", () => {
  const text = page(
    {
      shop_opened: event,
      book_borrowed: {
        description: "A reader took a book home.",
        countsAsActivity: true,
        retention: "long",
        properties: { book_id: keep(z.string().min(1).max(36)), reader: hash(z.email().nullish()) },
      },
    },
    "Library",
  );
  expect(text).toMatch(/^# Library\n\nPrivacy says/);
  expect(text).toContain(
    "| [`book_borrowed`](#book_borrowed) | A reader took a book home. | yes | long |\n" +
      "| [`shop_opened`](#shop_opened) | Something happened. |  | standard |\n",
  );
  expect(text).toContain(
    [
      "## `book_borrowed`",
      "",
      "A reader took a book home.",
      "",
      "Counts as activity. Retention long.",
      "",
      "| property | type | required | privacy | allowed |",
      "| --- | --- | --- | --- | --- |",
      "| `book_id` | text | yes | keep | 1 to 36 characters |",
      "| `reader` | text or null |  | hash | format email |",
      "",
    ].join("\n"),
  );
  expect(text).toMatch(
    /## `shop_opened`\n\nSomething happened\.\n\nNo activity\. Retention standard\.\n\nNo properties\.\n$/,
  );
});

test("types and allowed values are in words", () => {
  expect(
    rows({
      text: keep(z.string()),
      most: keep(z.string().max(9)),
      exact: keep(z.string().length(3)),
      like: keep(z.string().regex(/^a|b$/)),
      whole: keep(z.int()),
      range: keep(z.int().min(100).max(599)),
      above: keep(z.number().positive().lt(5)),
      least: keep(z.number().nonnegative().nullish()),
      flag: keep(z.boolean()),
      choice: keep(z.enum(["a", "b|c"]).optional()),
      rating: keep(z.union([z.literal(-1), z.literal(1)])),
      either: keep(z.union([z.boolean(), z.string()])),
      list: keep(z.array(z.string().min(1)).max(5)),
      any: keep(z.array(z.unknown())),
      object: drop(z.record(z.string(), z.json())),
      unknown: keep(z.unknown()),
      nothing: keep(z.null()),
      defaulted: keep(z.string().default("`x`")),
      date: keep(z.date()),
    }),
  ).toEqual({
    text: "text | yes | keep | ",
    most: "text | yes | keep | at most 9 characters",
    exact: "text | yes | keep | 3 characters",
    like: 'text | yes | keep | like `"^a\\|b$"`',
    whole: "whole number | yes | keep | ",
    range: "whole number | yes | keep | 100 to 599",
    above: "number | yes | keep | above 0; below 5",
    least: "number or null |  | keep | at least 0",
    flag: "true or false | yes | keep | ",
    choice: 'text |  | keep | `"a"`, `"b\\|c"`',
    rating: "number | yes | keep | `-1`, `1`",
    either: "true or false or text | yes | keep | ",
    list: "list of text | yes | keep | at most 5 elements; each at least 1 characters",
    any: "list | yes | keep | ",
    object: "object | yes | drop | ",
    unknown: "anything |  | keep | ",
    nothing: "null | yes | keep | ",
    defaulted: 'text |  | keep | default `` "`x`" ``',
    date: "not described | yes | keep | ",
  });
});

test("names, descriptions and the title cannot write Markdown or HTML", () => {
  const hostile = "<img src=x onerror=1> | [a](javascript:1) **b** `c` \\d &lt; _e_ # f\n## g\r\n\n---";
  const text = page(
    {
      [hostile]: { description: hostile, properties: { [hostile]: keep(z.string()) } },
      quoted: { description: "1. > - first", properties: {} },
      dashed: { description: "- item", properties: {} },
    },
    hostile,
  );
  const shown =
    "&lt;img src=x onerror=1&gt; \\| \\[a\\](javascript:1) \\*\\*b\\*\\* \\`c\\` \\\\d &amp;lt; \\_e\\_ \\# f \\#\\# g ---";
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      `# ${shown}`,
      `## ${shown}`,
      shown,
      `| ${shown} | text | yes | keep |  |`,
      "1\\. &gt; - first",
      "\\- item",
    ]),
  );
  expect(text).not.toMatch(/<img|^## g|^---$/m);
  // Each row of a table has as many cells as its head.
  const cells = (line: string) => line.replaceAll("\\\\", "").replaceAll("\\|", "").split("|").length;
  expect(
    [
      ...new Set(
        text
          .split("\n")
          .filter((line) => line.startsWith("|"))
          .map(cells),
      ),
    ].toSorted(),
  ).toEqual([6, 7]);
});

test("the index leads to the heading of its event, also where two names have the same address", () => {
  const index = lines({ opened: event, $opened: event, "Shop opened": event }, "opened").filter((line) =>
    line.includes("Something happened."),
  );
  expect(index.filter((line) => line.startsWith("|"))).toEqual([
    "| [`$opened`](#opened-1) | Something happened. |  | standard |",
    "| [Shop opened](#shop-opened) | Something happened. |  | standard |",
    "| [`opened`](#opened-2) | Something happened. |  | standard |",
  ]);
});
