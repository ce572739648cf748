/**
 * The text as PostgreSQL can store it: without U+0000 and a byte order mark, lone surrogates replaced by U+FFFD, line
 * ends as `\n`, so that the same file has the same hash wherever it was checked out.
 */
export const storedText = (text: string): string =>
  text
    .replace(/^\ufeff/, "")
    .replaceAll("\u0000", "")
    .replace(/\r\n?/g, "\n")
    .toWellFormed();
