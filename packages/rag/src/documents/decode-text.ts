import { DocumentError } from "./document-error.ts";

/** Where windows-1252 differs from Latin-1: bytes 0x80 to 0x9F. */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/**
 * The text of bytes: by their byte order mark (UTF-8, UTF-16), else in the encoding declared, else in UTF-8. Nothing
 * is guessed, and no byte is replaced.
 *
 * @param declared any label of the WHATWG Encoding Standard, such as `iso-8859-1`, which there means windows-1252
 * @throws {DocumentError} INVALID_ENCODING
 */
export function decodeText(bytes: Uint8Array, declared = "utf-8"): string {
  const label = byteOrderMark(bytes) ?? declared;
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    const text = decoder.decode(bytes);
    return decoder.encoding === "windows-1252" ? text.replace(/[\u0080-\u009f]/g, fromWindows1252) : text;
  } catch (cause) {
    throw new DocumentError(
      "INVALID_ENCODING",
      `Its bytes are no text in the encoding ${JSON.stringify(label.slice(0, 40))}. Save it as UTF-8, or name its encoding in mimeType.`,
      cause,
    );
  }
}

/** Node 20 reads windows-1252 as Latin-1. */
const fromWindows1252 = (character: string): string =>
  windows1252[character.charCodeAt(0) - 0x80] ?? character;

function byteOrderMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return undefined;
}
