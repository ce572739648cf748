/**
 * Characters that a reader does not see and a model does: controls, and format characters, among them the
 * bidirectional marks, zero-width spaces and joiners, and the tag characters that can hide a whole message.
 * U+E0000 to U+E0FFF is taken whole, because unassigned characters there are as invisible.
 */
const invisible = /[\u{e0000}-\u{e0fff}]|(?![\t\n])[\p{Cc}\p{Cf}]/gu;
/** Marks by which chat templates separate roles, such as `<|im_start|>`; some servers read them inside a message. */
const templateMark = /<[|｜]([\p{L}\p{N}_▁]{1,64})[|｜]>/gu;

/**
 * The text as it goes to a model: invisible characters removed, line ends as `\n`, lone surrogates replaced by
 * U+FFFD, chat-template marks `<|…|>` opened to `< |…| >`.
 *
 * Emoji joined by zero-width joiners fall into their parts. Cleaning twice changes nothing more.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(invisible, "")
    .replace(templateMark, "< |$1| >");
}

/** {@link cleanText} on one line of at most 200 characters: for titles and names. */
export function cleanLine(text: string): string {
  const line = cleanText(text).replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length <= 200 ? line : `${characters.slice(0, 199).join("")}…`;
}
