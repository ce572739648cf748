import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { html } from "../../../src/evaluation/html/markup.ts";
import { paddedRange, ticks } from "../../../src/evaluation/html/plot.ts";
import { type EvaluationReport, evaluate, formatHtmlReport, formatReport } from "../../../src/evaluation.ts";
import { passage, retrieverOf, sharedTexts } from "../../support/fakes.ts";

const scripts = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "' onload='x",
  "</title></svg><b>",
];
const shared = sharedTexts("bad-input/xss.jsonl");

async function reportOf(queries: readonly string[], names: readonly string[]): Promise<EvaluationReport> {
  return evaluate({
    retrievers: Object.fromEntries(
      names.map((name, place) => [
        name,
        retrieverOf(async ({ query }) => {
          if (place === 1 && query.length % 7 === 0)
            throw Object.assign(new Error("x"), { code: "DATABASE" });
          return ["a", "b", "c"].map((id, rank) =>
            passage({ id: place === 1 ? id : `${id}${query.length % 3}`, score: 1 / (rank + 1) }),
          );
        }),
      ]),
    ),
    questions: queries.map((query, n) => ({ id: `q${n}`, query, relevant: [{ id: n % 2 ? "b" : "b1" }] })),
    ownerId: "alice",
    resamples: 100,
  });
}

const voidTags = new Set(["meta", "!doctype"]);
/** Tags that the page is made of; every other one would be somebody else's. */
const ownTags = new Set(
  "line path circle rect html head title style body main h1 h2 h3 p section div dl dt dd small table caption thead tbody tr th td ul li svg desc text g code".split(
    " ",
  ),
);

/** What a parser would open and not close, and tags that are not ours. */
function problemsOf(page: string): string[] {
  const open: string[] = [];
  const problems: string[] = [];
  const withoutStyle = page.replace(/<style>[^<]*<\/style>/, "");
  for (const [tag, slash, rawName = ""] of withoutStyle.matchAll(/<(\/?)([^\s>/]*)(?:"[^"]*"|[^">])*>/g)) {
    const name = rawName.toLowerCase();
    if (!voidTags.has(name) && !ownTags.has(name)) problems.push(`<${name}>`);
    else if (slash) {
      if (open.pop() !== name) problems.push(`</${name}>`);
    } else if (!voidTags.has(name) && !tag.endsWith("/>")) open.push(name);
  }
  return [...problems, ...open];
}

describe("the page", () => {
  test("is well formed, and has nothing but its own tags whatever queries, ids and names hold", async () => {
    const report = await reportOf([...scripts, ...shared.slice(0, 300)], scripts.slice(0, 2));
    const hostile = {
      ...report,
      perQuestion: report.perQuestion.map((row) => ({ ...row, id: `${row.id}<script>` })),
    };
    const page = formatHtmlReport(hostile, { title: "<script>title" });
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toMatch(/<script|<img|<[^>]*\son\w+=(?![^<]*&)/i);
    // Shown in a browser without scripts and without a network, whatever slipped through.
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/(src|href)="|url\(|@import/);
  });

  test.skipIf(shared.length === 0)(
    "no query of the shared list stands in it as it was typed (needs shared data)",
    async () => {
      const queries = shared.filter((text) => /[<>]/.test(text)).slice(0, 400);
      const page = formatHtmlReport(await reportOf(queries, ["one", "two"]));
      expect(queries.filter((query) => page.includes(query.trim()))).toEqual([]);
      expect(problemsOf(page)).toEqual([]);
    },
  );

  test("names every part, its pictures by titles, and what failed", async () => {
    const page = formatHtmlReport(
      await reportOf(["how?", "why so?", "where to?", "who is it?"], ["keyword", "semantic"]),
    );
    for (const heading of [
      "Retrievers and fusions",
      "nDCG@10 over weights",
      "Scores of passages",
      "Question by question",
    ])
      expect(page).toContain(heading);
    expect(page).toContain(">nDCG@10 over the weight of keyword</title>");
    expect(page).toContain(">Scores of semantic</title>");
    expect(page).toMatch(/semantic failed on \d of 4 questions \(DATABASE \d ×\)/);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("a single retriever and a single question make a page as well", async () => {
    const page = formatHtmlReport(await reportOf(["how?"], ["one"]));
    expect(problemsOf(page)).toEqual([]);
    expect(page).not.toContain("over weights");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("of thousands of questions it shows both ends", async () => {
    const report = await reportOf(["how?", "why?"], ["one", "two"]);
    const [row] = report.perQuestion;
    if (row === undefined) throw new Error("no row");
    const many = Array.from({ length: 5000 }, (_, n) => ({ ...row, id: `row-${n}-` }));
    const page = formatHtmlReport({ ...report, perQuestion: many });
    expect(page.match(/row-\d+-/g)).toHaveLength(400);
    expect(page).toContain("row-0-");
    expect(page).toContain("row-4999-");
  });

  const chromium = "/usr/bin/chromium";
  test.skipIf(!existsSync(chromium))(
    "a browser draws it, in bounds and without an error (needs chromium)",
    async () => {
      const { chromium: browserType } = await import("playwright-core");
      const browser = await browserType.launch({ executablePath: chromium, args: ["--no-sandbox"] });
      try {
        const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        const errors: string[] = [];
        tab.on("console", (message) => errors.push(message.text()));
        tab.on("dialog", (dialog) => errors.push(dialog.message()));
        await tab.setContent(
          formatHtmlReport(await reportOf([...scripts, ...shared.slice(0, 100)], ["one", "two"])),
        );
        expect(errors).toEqual([]);
        expect(await tab.locator("svg[role=img]").count()).toBe(3);
        expect(await tab.locator("script, img, iframe").count()).toBe(0);
        expect(await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
        const rows = await tab.locator("section:last-of-type tbody tr").count();
        expect(rows).toBe(scripts.length + Math.min(100, shared.length));
      } finally {
        await browser.close();
      }
    },
  );
});

test("the table for a terminal: a line per retriever and fusion, what tuning is worth, what failed", async () => {
  const text = formatReport(
    await reportOf(["how?", "why so?", "where to?", "who is it?"], ["keyword", "semantic"]),
  );
  const [header = "", ...rows] = text.split("\n");
  expect(header).toMatch(/nDCG@10 +recall@30 +MRR@10 +precision@10 +nDCG, difference to/);
  expect(rows.slice(0, 5).map((row) => row.split(/ {2,}/)[0])).toEqual([
    "keyword",
    "semantic",
    "rrf: equal weights",
    "relative-score: equal weights",
    "configured: rrf, keyword 1, semantic 1",
  ]);
  expect(text).toMatch(/4 questions with 2 distinct sets of relevant ids/);
  expect(text).toMatch(/Chosen on 2 questions: .* On the other 2, which it was not chosen on: /);
  expect(text).toMatch(/semantic failed on/);
});

test("values are escaped for elements and for quoted attributes, markup of our own is not", () => {
  const inner = html`<b>${1}</b>`;
  expect(html`<i title="${`"'<>&\u202e`}">${inner}${[inner]}${undefined}</i>`.markup).toBe(
    '<i title="&quot;&#39;&lt;&gt;&amp;"><b>1</b><b>1</b></i>',
  );
});

test("axes name round values within their range", () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  expect(ticks(0.31, 0.44, 5).map((value) => value.toFixed(2))).toEqual(["0.35", "0.40"]);
  expect(ticks(3, 3, 5)).toEqual([3]);
  expect(paddedRange([0.5, 1])).toEqual({ from: 0.475, to: 1 });
});
