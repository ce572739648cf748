import { sourceFailed } from "./document-error.ts";

/** A page that a sitemap names. */
export interface SitemapPage {
  readonly location: string;
  readonly updatedAt: Date | undefined;
}

/**
 * The pages of a sitemap. Only what a sitemap may hold is understood: no document type, no entities of its own.
 *
 * @throws {RagError} SOURCE_FAILED for anything else, an index of sitemaps and a file that is cut off among them
 * @see https://www.sitemaps.org/protocol.html
 */
export function parseSitemap(xml: string): SitemapPage[] {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw sourceFailed(`${refused} has a document type. Remove it.`);
  const text = withoutComments(xml);
  if (/<(?:\w+:)?sitemapindex[\s>]/.test(text))
    throw sourceFailed(`${refused} is an index of sitemaps. Pass each of them in a run of its own.`);
  if (!text.includes("<urlset") || !text.trimEnd().endsWith("</urlset>"))
    throw sourceFailed(`${refused} is not one <urlset>…</urlset>: no sitemap, or cut off. Make it anew.`);
  return text.split("</url>").flatMap((entry) => {
    const location = childOf(entry, "loc");
    if (location === undefined || location === "") return [];
    const changed = new Date(childOf(entry, "lastmod") ?? "");
    return [{ location, updatedAt: Number.isNaN(changed.getTime()) ? undefined : changed }];
  });
}

const refused = "sitemapDocuments: the file";

/** By search instead of expressions, whose time would grow with the square of a hostile file. */
function withoutComments(xml: string): string {
  const kept: string[] = [];
  let position = 0;
  for (;;) {
    const start = xml.indexOf("<!--", position);
    const end = start === -1 ? -1 : xml.indexOf("-->", start);
    if (end === -1) return kept.join("") + xml.slice(position);
    kept.push(xml.slice(position, start));
    position = end + 3;
  }
}

function childOf(entry: string, name: "loc" | "lastmod"): string | undefined {
  const start = entry.indexOf(`<${name}>`);
  const end = start === -1 ? -1 : entry.indexOf(`</${name}>`, start);
  if (end === -1) return undefined;
  const content = entry.slice(start + name.length + 2, end).trim();
  const isData = content.startsWith("<![CDATA[") && content.endsWith("]]>");
  return isData ? content.slice(9, -3).trim() : decodeEntities(content);
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
  });
}
