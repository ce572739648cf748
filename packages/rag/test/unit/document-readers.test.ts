import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { optionalPackage } from "../../src/documents/optional-package.ts";
import type { DocumentReader } from "../../src/documents.ts";
import { manualTimers, sharedTexts } from "../support/fakes.ts";
import { encryptedTrailer, pdfOf } from "../support/pdf.ts";
import { prepared } from "../support/prepare.ts";

const bytesOf = (text: string, encoding: BufferEncoding = "utf8") =>
  new Uint8Array(Buffer.from(text, encoding));
const html = (content: string | Uint8Array, mimeType = "text/html") =>
  prepared({ uri: "page", mimeType, content });

describe("Markdown", () => {
  test.each([
    [
      "front matter",
      '---\ntitle: "Getting started"\ntags: [a]\n---\n\n# Other\n\nText.',
      "Getting started",
      "\n# Other\n\nText.",
    ],
    [
      "front matter without a title",
      "---\r\ndraft: true\r\n---\r\n## Setup ##\r\nText.",
      "Setup",
      "## Setup ##\nText.",
    ],
    ["a heading", "Intro.\n\n# The *guide*\n\nText.", "The *guide*", undefined],
    ["an underlined heading", "The guide\n=========\n\nText.", "The guide", undefined],
    ["a heading in code before another", "```sh\n# not this\n```\n\n# This", "This", undefined],
    ["no heading", "Text alone.", "notes.md", undefined],
    ["a rule at its beginning", "---\nText, no YAML.\n---\nMore.", "notes.md", undefined],
    ["front matter that never ends", "---\ntitle: x\n\nText.", "notes.md", undefined],
  ])("with %s", async (_name, content, title, text = content) => {
    expect(await prepared({ uri: "a/notes.md", content })).toMatchObject({ title, content: text });
  });

  test("the title given goes before its own, on one line of 200 characters", async () => {
    const given = { uri: "a.md", content: "# Own", title: `Given\n\u202e${"x".repeat(300)}` };
    const { title } = (await prepared(given)) as { title: string };
    expect([title.slice(0, 7), title.length]).toEqual(["Given x", 200]);
  });

  test("a hostile file costs time in proportion to its length", async () => {
    for (const content of [
      "# ".padEnd(1_000_000, " "),
      `---\ntitle:${" ".repeat(1_000_000)}x\n---\ny`,
      "---\n".repeat(300_000),
    ])
      expect(await prepared({ uri: "a.md", content: `${content}x` })).toHaveProperty("title");
  });
});

describe("HTML", () => {
  const page = `<!doctype html><html><head><title>Cats &amp; dogs</title><style>p{}</style></head><body>
    <header>Banner</header><nav><a href="/">Home</a></nav>
    <main><h1>All about <em>cats</em></h1><p>Read   <a href="javascript:alert(1)">this</a>.<img src=x alt="A cat" onerror="alert(2)"></p>
    <pre><code>if (a &lt; 2) {\n  go();\n}</code></pre><ul><li>one</li><li>two <code>x</code></li></ul>
    <table><tr><th>Name</th><th>Age</th></tr><tr><td>Tom</td><td>3</td></tr></table>
    <p hidden>secret1</p><p style="display: none">secret2</p><p aria-hidden="true">secret3</p><script>secret4()</script><style>secret5</style><!-- secret6 -->
    </main><footer>Imprint</footer></body></html>`;

  test("is Markdown of what a reader sees in the main part", async () => {
    expect(await html(page)).toMatchObject({
      title: "Cats & dogs",
      mimeType: "text/html",
      content: [
        "# All about cats",
        "Read this. A cat",
        "```\nif (a < 2) {\n  go();\n}\n```",
        "- one\n- two `x`",
        "| Name | Age |\n| Tom | 3 |",
      ].join("\n\n"),
    });
  });

  test("without <main> is the whole body, titled by its first heading where there is no <title>", async () => {
    expect(await html("<p>Before</p><h2>Part</h2><p>After</p><nav>Menu</nav>")).toMatchObject({
      title: "Part",
      content: "Before\n\n## Part\n\nAfter",
    });
  });

  test("code that holds a fence stands in a longer one", async () => {
    expect(await html("<pre>```\nx\n```</pre>")).toMatchObject({ content: "````\n```\nx\n```\n````" });
  });

  test.each<[string, Uint8Array, string]>([
    [
      "<meta charset> of Latin-1, which means windows-1252",
      bytesOf('<meta charset="iso-8859-1"><p>caf\xe9 \x80\x92', "latin1"),
      "text/html",
    ],
    [
      "http-equiv",
      bytesOf(
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">caf\xe9 \x80\x92',
        "latin1",
      ),
      "text/html",
    ],
    ["a parameter of the type", bytesOf("caf\xe9 \x80\x92", "latin1"), 'text/html; charset="windows-1252"'],
    ["the type before <meta>", bytesOf('<meta charset="latin1">café €’'), "text/html; charset=utf-8"],
    ["a byte order mark of UTF-16", bytesOf('\ufeff<meta charset="latin1">café €’', "utf16le"), "text/html"],
    ["UTF-8 where nothing is said", bytesOf("\ufeffcafé €’"), "text/html"],
    ["UTF-8 where <meta> says UTF-16", bytesOf('<meta charset="utf-16">café €’'), "text/html"],
  ])("encoding by %s", async (_name, content, mimeType) => {
    expect(await html(content, mimeType)).toMatchObject({ content: "café €’" });
  });

  test("a <meta> in a text that is decoded already says nothing", async () => {
    expect(await html('<meta charset="iso-8859-1">café')).toMatchObject({ content: "café" });
  });

  test("pages that nest beyond any stack are read as far as they go", async () => {
    const deep = (tag: string) => `<p>Top.</p>${`<${tag}>`.repeat(20_000)}bottom`;
    for (const tag of ["div", "b", "ul><li", "blockquote", "table><tr><td", "pre"])
      expect(await html(deep(tag))).toMatchObject({ content: expect.stringMatching(/^Top\./) });
    expect(await html("<title ".repeat(50_000))).toMatchObject({ code: "EMPTY" });
  });

  const scripts = sharedTexts("bad-input/xss.jsonl")
    // In `<b <script>` the second is an attribute of the first, and what follows is text.
    .map((text) =>
      text.replace(/(?<!<b )<script(\s[^>]*)?>[^<]{3,}<\/script>/gi, "<script$1>planted</script>"),
    )
    .filter((text) => text.includes("planted"));
  test.skipIf(scripts.length === 0)(
    `no text of ${scripts.length} hostile scripts is taken for content`,
    async () => {
      const leaked = [];
      for (const text of scripts) {
        const read = await html(`<p>Before.</p>${text}<p>After.</p>`);
        if (!("content" in read) || !read.content.startsWith("Before.") || read.content.includes("planted"))
          leaked.push(text);
      }
      expect(leaked).toEqual([]);
    },
  );
});

describe("PDF", () => {
  const pdf = (content: Uint8Array, options = {}) => prepared({ uri: "a/report.pdf", content }, options);

  test("is its pages' text, titled by its properties", async () => {
    expect(
      await pdf(pdfOf([["First line", "second line"], [], ["Last page"]], { title: "Report" })),
    ).toMatchObject({
      title: "Report",
      mimeType: "application/pdf",
      content: "First line\nsecond line\n\nLast page",
    });
    expect(await pdf(Buffer.from(pdfOf([["x"]])))).toMatchObject({ title: "report.pdf", content: "x" });
  });

  test("the bytes given stay the caller's", async () => {
    const bytes = pdfOf([["x"]]);
    await pdf(bytes);
    expect(bytes.byteLength).toBeGreaterThan(100);
  });

  test.each<[string, Uint8Array, object, string]>([
    ["of pages without text", pdfOf([[], []]), {}, "EMPTY"],
    ["with a password", pdfOf([["x"]], { trailer: encryptedTrailer }), {}, "ENCRYPTED"],
    ["cut off", pdfOf([["x"]]).slice(0, 200), {}, "UNREADABLE"],
    ["that is none", bytesOf("%PDF-1.7 and nothing"), {}, "UNREADABLE"],
    ["of too many pages", pdfOf([["x"], ["y"], ["z"]]), { limits: { pages: 2 } }, "TOO_LARGE"],
    [
      "of too much text",
      pdfOf([["x".repeat(60)], ["y".repeat(60)]]),
      { limits: { characters: 100 } },
      "TOO_LARGE",
    ],
    ["of too many bytes", pdfOf([["x"]]), { limits: { bytes: 100 } }, "TOO_LARGE"],
  ])("%s fails by itself", async (_name, content, options, code) => {
    expect(await pdf(content, options)).toMatchObject({ uri: "a/report.pdf", code });
  });
});

describe("any document", () => {
  test.each<[string, Parameters<typeof prepared>[0], string]>([
    ["bytes that are no UTF-8", { uri: "a.txt", content: bytesOf("caf\xe9", "latin1") }, "INVALID_ENCODING"],
    [
      "an encoding that nobody knows",
      { uri: "a", mimeType: "text/plain; charset=klingon", content: bytesOf("x") },
      "INVALID_ENCODING",
    ],
    ["UTF-16 cut in half", { uri: "a.txt", content: new Uint8Array([0xff, 0xfe, 0x41]) }, "INVALID_ENCODING"],
    ["no visible character", { uri: "a.txt", content: " \n\u200b\u0000" }, "EMPTY"],
    ["a type without a reader", { uri: "a", mimeType: "image/png", content: bytesOf("x") }, "UNKNOWN_TYPE"],
    [
      "a type named like a method",
      { uri: "a", mimeType: "constructor", content: bytesOf("x") },
      "UNKNOWN_TYPE",
    ],
    ["content of another kind", { uri: "a", content: (() => 7) as never }, "INVALID_DOCUMENT"],
    ["no content", { uri: "a" } as never, "INVALID_DOCUMENT"],
    ["a language that is none", { uri: "a", content: "x", language: "de" as "fr" }, "INVALID_DOCUMENT"],
    ["a date that is none", { uri: "a", content: "x", updatedAt: new Date("soon") }, "INVALID_DOCUMENT"],
    ["a lone surrogate in its uri", { uri: "\ud800", content: "x" }, "INVALID_DOCUMENT"],
    ["nothing at all", undefined as never, "INVALID_DOCUMENT"],
    ["a text too long", { uri: "a", content: "x".repeat(2_000_001) }, "TOO_LARGE"],
  ])("with %s fails by itself", async (_name, document, code) => {
    expect(await prepared(document)).toMatchObject({ code, message: expect.stringMatching(/^\S.{10,}\.$/s) });
  });

  test.each([
    ["fr", "Le projet est une application qui déploie les fichiers dans le nuage avec votre compte."],
    ["en", "The project is an application that deploys your files to the cloud with this account."],
    ["simple", "const total = items.reduce((sum, item) => sum + item.price, 0);"],
    ["simple", "Das Projekt ist eine Anwendung und legt Dateien in die Wolke."],
    ["simple", "The cat is in the house. Le chat est dans la maison avec une souris."],
  ])("its language is told from its words: %s", async (language, content) => {
    expect(await prepared({ uri: "a.txt", content })).toMatchObject({ language });
    expect(await prepared({ uri: "a.txt", content, language: "fr" })).toMatchObject({ language: "fr" });
  });

  test("types are known by the end of the uri, and other text is taken as it is", async () => {
    const typeOf = async (uri: string) =>
      (await prepared({ uri, content: "x" })) as { mimeType?: string; title: string };
    expect(await typeOf("https://example.com/Mes%20Notes.MARKDOWN?v=1.pdf#x")).toMatchObject({
      mimeType: "text/markdown",
      title: "Mes Notes.MARKDOWN",
    });
    expect(await typeOf("https://example.com/guide/")).toMatchObject({
      mimeType: "text/plain",
      title: "guide",
    });
    expect(await prepared({ uri: "a", mimeType: "Text/CSV", content: "a,b" })).toMatchObject({
      mimeType: "text/csv",
      content: "a,b",
    });
  });

  test("a reader of one's own goes before ours, and gets bytes, type and limits", async () => {
    const reader: DocumentReader = (bytes, { uri, mimeType, limits }) => ({
      title: `${uri} ${mimeType} ${limits.pages}`,
      text: `${bytes.length} bytes`,
    });
    const readers = { "application/pdf": reader, "application/x-own": reader };
    expect(await prepared({ uri: "a.pdf", content: "é" }, { readers })).toMatchObject({
      title: "a.pdf application/pdf 2000",
      content: "2 bytes",
    });
    expect(
      await prepared({ uri: "b", mimeType: "application/x-own", content: "x" }, { readers }),
    ).toMatchObject({ content: "1 bytes" });
    const broken = { "text/plain": (() => ({ title: "no text" })) as never };
    expect(await prepared({ uri: "c", content: "x" }, { readers: broken })).toMatchObject({
      code: "UNREADABLE",
    });
  });

  test("one that takes too long is given up, its signal aborted", async () => {
    const { sleep, advance, pending } = manualTimers();
    let aborted = false;
    const slow = prepared(
      {
        uri: "a",
        content: ({ signal }) =>
          new Promise<string>(() => {
            signal.addEventListener("abort", () => {
              aborted = true;
            });
          }),
      },
      { sleep, limits: { readMs: 50 } },
    );
    await setImmediate();
    advance(50);
    expect([await slow, aborted, pending()]).toEqual([
      expect.objectContaining({ code: "TOO_SLOW" }),
      true,
      0,
    ]);
    expect(await prepared({ uri: "b", content: "quick" }, { sleep })).toHaveProperty("content");
    expect(pending()).toBe(0);
  });

  test("the run's abort is thrown, and does not make the document fail", async () => {
    const abort = new AbortController();
    const run = prepared(
      { uri: "a", content: () => new Promise<string>(() => {}) },
      { signal: abort.signal },
    );
    abort.abort(new Error("stop"));
    await expect(run).rejects.toThrow("stop");
  });
});

describe("a package that is not installed", () => {
  const notFound = (name: string) =>
    Object.assign(new Error(`Cannot find package '${name}' imported from x.js`), {
      code: "ERR_MODULE_NOT_FOUND",
    });

  test("is named with how to install it", async () => {
    const load = optionalPackage("unpdf", "application/pdf", () => Promise.reject(notFound("unpdf")));
    await expect(load).rejects.toMatchObject({
      code: "READER_REQUIRED",
      message: expect.stringContaining("npm install unpdf"),
    });
  });

  test("is told from one whose own parts are missing", async () => {
    const load = optionalPackage("unpdf", "application/pdf", () => Promise.reject(notFound("canvas")));
    await expect(load).rejects.toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
  });

  test("stops the run instead of failing each document", async () => {
    const readers = {
      "text/plain": () => optionalPackage("x", "text/plain", () => Promise.reject(notFound("x"))),
    };
    await expect(prepared({ uri: "a", content: "x" }, { readers })).rejects.toMatchObject({
      code: "READER_REQUIRED",
    });
  });
});
