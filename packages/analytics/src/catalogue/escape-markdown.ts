/** One line of text that a Markdown page shows as it is, in a paragraph, a heading or a cell. */
export const escapeMarkdown = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~#!$]/g, "\\$&")
    // What would begin a list, a rule or a heading.
    .replace(/^[-+=]/, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2");

/** A name as code, where Markdown takes it as it is; otherwise escaped text. */
export const markdownName = (name: string): string =>
  /^[\w$.:/-]+$/.test(name) ? `\`${name}\`` : escapeMarkdown(name);

/** Any value of JSON as code, in a cell as well. */
export function markdownCode(value: unknown): string {
  const json = JSON.stringify(value).replaceAll("|", "\\|");
  const longest = Math.max(0, ...(json.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${json}${space}${fence}`;
}
