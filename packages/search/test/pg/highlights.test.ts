import { useTestDatabase } from "@devora/testing";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createSearch, type Segment, segmentsToHtml } from "../../src/index.ts";
import { addBooks, bookSource, createBooks } from "../books.ts";

const database = useTestDatabase();
beforeAll(() => createBooks(database.db));

let tenants = 0;
/** The first result in a table with one row, and others where given. */
async function searchIn(
  row: { title?: string; blurb?: string },
  query: string,
  others: { title: string }[] = [],
) {
  const tenant = `tenant ${++tenants}`;
  await addBooks(
    database.db,
    [{ title: "Untitled", ...row }, ...others].map((book) => ({ ...book, tenant })),
  );
  const search = createSearch({ db: database.db, sources: [bookSource], role: null });
  const { results } = await search.search({ query, ownerId: tenant });
  return results[0];
}

const spelled = (segments: readonly Segment[]) => segments.map(({ text }) => text).join("");
const hits = (segments: readonly Segment[]) => segments.filter(({ hit }) => hit).map(({ text }) => text);

test("words are marked by stem and without regard to accents, as they are written", async () => {
  const row = await searchIn(
    { title: "Café culture", blurb: "We were running, they RAN; he runs to the cafés." },
    "cafe run",
  );
  expect(hits(row?.titleSegments ?? [])).toEqual(["Café"]);
  expect(hits(row?.snippet ?? [])).toEqual(["running", "runs", "cafés"]);
});

test("a long text is cut to about 200 characters where the words are together", async () => {
  const filler = "Nothing of interest happens in this sentence. ".repeat(40);
  const blurb = `${filler}One walrus. ${filler}The walrus met a penguin. ${filler}`;
  const row = await searchIn({ blurb }, "walrus penguin");
  const text = spelled(row?.snippet ?? []);
  expect(hits(row?.snippet ?? [])).toEqual(["walrus", "penguin"]);
  expect(text.length).toBeLessThanOrEqual(202);
  expect(text.length).toBeGreaterThan(120);
  expect(text.startsWith("…") && text.endsWith("…")).toBe(true);
  expect(blurb).toContain(text.slice(1, -1));
});

test("a text beyond the window is cut around the rarest word, with or without accents", async () => {
  const filler = "common words without end. ".repeat(1_000);
  const others = Array.from({ length: 3 }, () => ({ title: "Other", blurb: "common words" }));
  const row = await searchIn({ blurb: `${filler}Un Élève unique ici. ${filler}` }, "common eleve", others);
  expect(hits(row?.snippet ?? [])).toContain("Élève");
});

test.each([
  `<script>alert("walrus")</script> & <img src=x onerror=walrus> walrus`,
  "\uFDD0walrus\uFDD1 \uFDD2script\uFDD0 walrus",
  `</mark><mark>walrus</mark> StartSel="x", StopSel=y %s $1 \\ ' walrus`,
  "walrus 😀 e\u0301 walrus\u200B \u202Ewalrus",
])("hostile text is shown as text: %j", async (blurb) => {
  const row = await searchIn({ blurb, title: blurb }, "walrus");
  for (const segments of [row?.snippet ?? [], row?.titleSegments ?? []]) {
    expect(spelled(segments)).toBe(blurb.replace(/[\uFDD0-\uFDD2]/g, "\uFFFD"));
    expect(hits(segments).length).toBeGreaterThan(0);
    const html = segmentsToHtml(segments);
    expect(html.replaceAll(/<\/?mark>/g, "")).not.toMatch(/[<>"']/);
  }
});

test("segments spell exactly the row's text, whatever it is", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "walrus",
      "<b>",
      "</b>",
      "a-b-c",
      "l'eau",
      "x@y.fr",
      "http://a.b/c?d=e",
      "3.14",
      "\n",
      "  ",
      "&amp;",
      "É",
      "😀",
    ),
    fc.string({ unit: "grapheme", maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const blurb = `walrus ${pieces.join(" ")}`.replace(/[\0\p{Cs}\uFDD0-\uFDD2]/gu, "");
      fc.pre(blurb.length <= 200);
      const row = await searchIn({ blurb }, "walrus");
      expect(spelled(row?.snippet ?? [])).toBe(blurb);
    }),
    { numRuns: 60 },
  );
});

test("a word too long for the server's marks leaves the text whole", async () => {
  const blurb = `walrus ${"A".repeat(3_000)} end`;
  const row = await searchIn({ blurb }, "walrus");
  expect(blurb.startsWith(spelled(row?.snippet ?? []).slice(0, 100))).toBe(true);
});
