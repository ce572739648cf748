import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { folderDocuments, sitemapDocuments } from "../../src/documents.ts";
import { collect, sharedTexts } from "../support/fakes.ts";
import { preparedAll } from "../support/prepare.ts";

let base: string;

/** Files by path, below a folder that goes with the test. Outside `site` lies what nobody may read. */
async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), content);
  }
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "devora-documents-"));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  await write({ "secret.txt": "SECRET", "site2/secret.md": "SECRET" });
});

describe("a folder", () => {
  test("gives its documents in the order of their paths, and nothing else", async () => {
    await write({
      "site/b.md": "# Bee",
      "site/a.TXT": "A",
      "site/sub/c.html": "<h1>Sea</h1>",
      "site/sub/.hidden.md": "no",
      "site/.git/d.md": "no",
      "site/node_modules/e.md": "no",
      "site/f.exe": "no",
      "site/md": "no",
    });
    expect(await preparedAll(folderDocuments(join(base, "site"), { prefix: "docs/" }))).toMatchObject([
      { uri: "docs/a.TXT", content: "A", mimeType: "text/plain" },
      { uri: "docs/b.md", title: "Bee", updatedAt: expect.any(Date) },
      { uri: "docs/sub/c.html", content: "# Sea", mimeType: "text/html" },
    ]);
    const include = (path: string) => path.startsWith("sub/");
    expect(await preparedAll(folderDocuments(join(base, "site"), { include }))).toMatchObject([
      { uri: "sub/c.html" },
    ]);
  });

  test("links are left out, also when they take the place of a file that was found", async () => {
    await write({ "site/a.md": "A", "site/late.md": "late" });
    await symlink(join(base, "secret.txt"), join(base, "site/link.md"));
    await symlink(join(base, "site2"), join(base, "site/folder"));
    const found = await collect(folderDocuments(join(base, "site")));
    expect(found.map(({ uri }) => uri)).toEqual(["a.md", "late.md"]);
    await rm(join(base, "site/late.md"));
    await symlink(join(base, "secret.txt"), join(base, "site/late.md"));
    await rm(join(base, "site/a.md"));
    const late = async function* () {
      yield* found;
    };
    expect(await preparedAll(late())).toMatchObject([{ code: "NOT_FOUND" }, { code: "OUTSIDE_ROOT" }]);
  });

  test("a folder that is itself a link is read", async () => {
    await write({ "site/a.md": "A" });
    await symlink(join(base, "site"), join(base, "link"));
    expect(await preparedAll(folderDocuments(join(base, "link")))).toMatchObject([
      { uri: "a.md", content: "A" },
    ]);
  });

  test("a file beyond the limit fails by itself, unread", async () => {
    await write({ "site/big.txt": "x".repeat(101), "site/small.txt": "x".repeat(100) });
    await write({ "site/huge.txt": "" });
    // More than Node can read into memory at all.
    await truncate(join(base, "site/huge.txt"), 2 ** 33);
    const read = await preparedAll(folderDocuments(join(base, "site")), { limits: { bytes: 100 } });
    expect(read).toMatchObject([
      { uri: "big.txt", code: "TOO_LARGE" },
      { uri: "huge.txt", code: "TOO_LARGE" },
      { uri: "small.txt", content: "x".repeat(100) },
    ]);
  });

  test("names from hostile lists stay below it", async () => {
    const names = sharedTexts("bad-input/path-traversal.jsonl")
      .map((text) => `${text.replaceAll("/", "_").slice(0, 150)}.md`)
      .filter((name) => !name.startsWith(".") && !name.includes("\0"));
    await write({
      "site/plain.md": "fine",
      ...Object.fromEntries(names.map((name) => [`site/${name}`, "fine"])),
    });
    const read = await preparedAll(folderDocuments(join(base, "site")));
    expect(read).toHaveLength(new Set([...names, "plain.md"]).size);
    expect(new Set(read.map((document) => "content" in document && document.content))).toEqual(
      new Set(["fine"]),
    );
  });

  test.each([
    ["is not there", "nowhere"],
    ["is a file", "secret.txt"],
  ])("that %s breaks off, and says so", async (_name, path) => {
    await expect(collect(folderDocuments(join(base, path)))).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  });

  test("one below it that cannot be read breaks off, so that its documents do not count as gone", async () => {
    await write({ "site/a.md": "a", "site/b/c.md": "c" });
    const include = () => {
      rmSync(join(base, "site/b"), { recursive: true });
      return true;
    };
    const run = collect(folderDocuments(join(base, "site"), { include }));
    await expect(run).rejects.toMatchObject({
      code: "SOURCE_FAILED",
      message: expect.stringContaining('"b"'),
    });
  });

  test("without a path is refused", async () => {
    await expect(collect(folderDocuments(""))).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});

describe("a sitemap", () => {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const sitemapOf = (locations: readonly string[]) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${locations
      .map((location) => `<url><loc>${escaped(location)}</loc></url>`)
      .join("\n")}</urlset>\n`;
  const read = async (xml: string, options: { baseUrl?: string } = {}) => {
    await write({ "site/sitemap.xml": xml });
    return preparedAll(
      sitemapDocuments(join(base, "site/sitemap.xml"), { root: join(base, "site"), ...options }),
    );
  };

  test("gives the pages that it names, by their files", async () => {
    await write({
      "site/index.html": "<title>Home</title>x",
      "site/guide.html": "<title>Guide</title>x",
      "site/api/index.html": "<title>API</title>x",
      "site/café & co.md": "# Menu",
      "site/unlisted.html": "<title>no</title>x",
    });
    const xml = `<?xml version="1.0"?><urlset xmlns:image="http://x">
      <!-- <url><loc>https://example.com/unlisted</loc></url> -->
      <url><image:image><image:loc>https://example.com/unlisted</image:loc></image:image><loc> https://example.com/ </loc><lastmod>2024-05-06</lastmod></url>
      <url><loc><![CDATA[https://example.com/guide?a=1&b=2]]></loc></url>
      <url><loc>https://example.com/api/</loc></url><url><loc>https://example.com/api</loc></url>
      <url><loc>https://example.com/caf%C3%A9%20&amp;%20co.md</loc></url>
      <url><priority>1</priority></url>
      </urlset>`;
    expect(await read(xml)).toMatchObject([
      { uri: "https://example.com/", title: "Home", updatedAt: new Date("2024-05-06") },
      { uri: "https://example.com/guide?a=1&b=2", title: "Guide", updatedAt: undefined },
      { uri: "https://example.com/api/", title: "API" },
      { uri: "https://example.com/api", title: "API" },
      { uri: "https://example.com/caf%C3%A9%20&%20co.md", title: "Menu", mimeType: "text/markdown" },
    ]);
  });

  test("of a site that is not served at its origin's top is read below its base", async () => {
    await write({ "site/a.html": "A", "site/docs/a.html": "no" });
    const locations = [
      "https://example.com/docs/a",
      "https://example.com/docs2/a",
      "https://other.com/docs/a",
    ];
    for (const baseUrl of ["https://example.com/docs", "https://example.com/docs/"])
      expect(await read(sitemapOf(locations), { baseUrl })).toMatchObject([
        { content: "A" },
        { code: "OUTSIDE_ROOT" },
        { code: "OUTSIDE_ROOT" },
      ]);
  });

  const strings = sharedTexts("bad-input/path-traversal.jsonl");
  test.skipIf(strings.length === 0)(
    `${strings.length} strings of path traversal read nothing outside`,
    async () => {
      await write({ "site/.env": "SECRET", "site/.git/config": "SECRET" });
      const traversals = [
        ...strings.flatMap((text) => [
          text,
          `https://example.com/${text}`,
          `https://example.com/${encodeURIComponent(text)}`,
        ]),
        ...[
          "../secret.txt",
          "..%2fsecret.txt",
          "..%5csecret.txt",
          "%2e%2e/secret.txt",
          "%2e%2e%2fsecret.txt",
          "a/..%2f..%2fsecret.txt",
          "../site2/secret.md",
          "..%2fsite2%2fsecret.md",
          ".env",
          "%2eenv",
          ".git/config",
          "secret.txt%00.md",
        ].map((path) => `https://example.com/${path}`),
        pathToFileURL(join(base, "secret.txt")).href,
        join(base, "secret.txt"),
        `https://example.com/${join(base, "secret.txt")}`,
      ];
      const documents = await read(sitemapOf(traversals));
      expect(documents.length).toBeGreaterThanOrEqual(traversals.length - 5);
      expect(documents.filter((document) => !("code" in document))).toEqual([]);
    },
  );

  test("a link out of the folder is not followed; one within it is", async () => {
    await write({ "site/real.html": "real" });
    await symlink(join(base, "secret.txt"), join(base, "site/out.html"));
    await symlink(join(base, "site2"), join(base, "site/folder"));
    await symlink(join(base, "site/real.html"), join(base, "site/in.html"));
    const pages = ["out", "folder/secret.md", "in", "gone"].map((path) => `https://example.com/${path}`);
    expect(await read(sitemapOf(pages))).toMatchObject([
      { code: "OUTSIDE_ROOT" },
      { code: "OUTSIDE_ROOT" },
      { content: "real" },
      { code: "NOT_FOUND" },
    ]);
  });

  test.each([
    ["cut off", sitemapOf(["https://example.com/a", "https://example.com/b"]).slice(0, -20)],
    [
      "an index of sitemaps",
      '<sitemapindex xmlns="x"><sitemap><loc>https://example.com/s.xml</loc></sitemap></sitemapindex>',
    ],
    [
      "with a document type",
      '<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url></urlset>',
    ],
    ["another kind of XML", "<rss></rss>"],
    ["empty", ""],
  ])("that is %s breaks off, and says so", async (_name, xml) => {
    await expect(read(xml)).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  });

  test("a hostile sitemap costs time in proportion to its length", async () => {
    for (const part of ["<!--", "<url><loc>", "<loc></url>", "&#x41;"])
      expect(await read(`<urlset>${part.repeat(100_000)}</urlset>`)).toEqual(expect.any(Array));
  });

  test("that is not there, or whose root is not, breaks off; a wrong base is refused", async () => {
    const sitemap = (file: string, root: string, baseUrl?: string) =>
      collect(
        sitemapDocuments(join(base, file), {
          root: join(base, root),
          ...(baseUrl === undefined ? {} : { baseUrl }),
        }),
      );
    await write({ "site/sitemap.xml": sitemapOf([]) });
    await expect(sitemap("nowhere.xml", "site")).rejects.toMatchObject({ code: "SOURCE_FAILED" });
    await expect(sitemap("site/sitemap.xml", "nowhere")).rejects.toMatchObject({ code: "SOURCE_FAILED" });
    await expect(sitemap("site/sitemap.xml", "site", "docs")).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
    expect(await sitemap("site/sitemap.xml", "site")).toEqual([]);
  });
});
