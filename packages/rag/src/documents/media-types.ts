const byExtension: ReadonlyMap<string, string> = new Map([
  ["md", "text/markdown"],
  ["markdown", "text/markdown"],
  ["html", "text/html"],
  ["htm", "text/html"],
  ["txt", "text/plain"],
  ["pdf", "application/pdf"],
]);

/** The media type of a file or an address by its extension; undefined where that is not known. */
export function mediaTypeOf(path: string): string | undefined {
  const [withoutQuery = ""] = path.split(/[?#]/);
  const extension = /\.([^./\\]+)$/.exec(withoutQuery)?.[1];
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase());
}

/** `text/html; charset="ISO-8859-1"` as `{ mimeType: "text/html", charset: "ISO-8859-1" }`. */
export function parseMediaType(mediaType: string): { mimeType: string; charset: string | undefined } {
  const [type = "", ...parameters] = mediaType.split(";");
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined);
  return { mimeType: type.trim().toLowerCase(), charset };
}
