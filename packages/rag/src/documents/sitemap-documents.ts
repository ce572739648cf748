import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { invalid } from "../validate.ts";
import { decodeText } from "./decode-text.ts";
import { DocumentError, sourceFailed } from "./document-error.ts";
import { readFileBelow } from "./local-file.ts";
import { mediaTypeOf } from "./media-types.ts";
import { parseSitemap } from "./parse-sitemap.ts";
import type { SourceDocument } from "./source-document.ts";

/** Options of {@link sitemapDocuments}. */
export interface SitemapOptions {
  /** The folder with the files of the built site. */
  readonly root: string;
  /** The address that `root` is served at, such as `https://example.com/docs/`. Default: the origin of each page. */
  readonly baseUrl?: string;
}

/** What the protocol allows. */
const mostSitemapBytes = 52_428_800;

/**
 * The pages that a sitemap on this disk names, each read from its file below `root`: `/guide` is `guide`,
 * `guide.html` or `guide/index.html`. Their uris are the addresses. Nothing is fetched from the network.
 *
 * A page without a file, outside `baseUrl`, or whose address leads out of `root` or to a hidden file fails by itself.
 *
 * @throws {RagError} SOURCE_FAILED, while it is iterated, for a file that is no whole sitemap
 *
 * @example
 * sitemapDocuments("./dist/sitemap.xml", { root: "./dist" })
 */
export async function* sitemapDocuments(
  sitemapFile: string,
  { root, baseUrl }: SitemapOptions,
): AsyncGenerator<SourceDocument> {
  if (typeof sitemapFile !== "string" || sitemapFile === "")
    throw invalid("sitemapFile", sitemapFile, "the path of a sitemap");
  if (typeof root !== "string" || root === "") throw invalid("root", root, "the path of a folder");
  if (baseUrl !== undefined && !URL.canParse(baseUrl))
    throw invalid("baseUrl", baseUrl, "an http or https URL");
  const [folder, xml] = await Promise.all([realFolder(root), readSitemap(sitemapFile)]);
  for (const { location, updatedAt } of parseSitemap(xml)) {
    const path = pathOf(location, baseUrl);
    yield {
      uri: location,
      mimeType: (path === undefined ? undefined : mediaTypeOf(path)) ?? "text/html",
      content: ({ maxBytes }) => readPage(folder, path, maxBytes),
      updatedAt,
    };
  }
}

async function realFolder(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw sourceFailed(`sitemapDocuments: there is no folder ${JSON.stringify(root)}. Correct root.`, cause);
  }
}

async function readSitemap(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    return decodeText(await readFileBelow(dirname(real), real, mostSitemapBytes));
  } catch (cause) {
    throw sourceFailed(
      `sitemapDocuments: the sitemap ${JSON.stringify(path)} cannot be read. Correct its path; it must be UTF-8 and at most ${mostSitemapBytes} bytes.`,
      cause,
    );
  }
}

/**
 * The page's path below the base, decoded; undefined where it is outside, or has a part that no page has: a hidden
 * one, or one that means another folder once decoded.
 */
export function pathOf(location: string, baseUrl: string | undefined): string | undefined {
  if (!URL.canParse(location)) return undefined;
  const page = new URL(location);
  if (page.protocol !== "http:" && page.protocol !== "https:") return undefined;
  const base = new URL(baseUrl ?? "/", page);
  const basePath = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  if (page.origin !== base.origin || !`${page.pathname}/`.startsWith(basePath)) return undefined;
  const parts = page.pathname.slice(basePath.length).split("/").map(decodedPart);
  const isSafe = parts.every((part) => part !== undefined && !part.startsWith(".") && !/[/\\\0]/.test(part));
  return isSafe ? parts.join("/") : undefined;
}

function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

async function readPage(root: string, path: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (path === undefined)
    throw new DocumentError("OUTSIDE_ROOT", "Its address is none of a page below root. Check baseUrl.");
  const isFolder = path === "" || path.endsWith("/");
  const candidates = isFolder ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`];
  for (const candidate of candidates) {
    const full = join(root, candidate);
    const facts = await stat(full).catch(() => undefined);
    if (facts?.isFile()) return readFileBelow(root, full, maxBytes);
  }
  throw new DocumentError("NOT_FOUND", "There is no file of it below root.");
}
