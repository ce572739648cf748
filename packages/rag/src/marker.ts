import { randomInt } from "node:crypto";

/**
 * Fifteen random digits (50 bits). Digits, because tokenizers of OpenAI and Llama split them in threes: every marker
 * costs five tokens, so the room that a prompt needs does not depend on chance.
 */
const randomMarker = (): string =>
  Array.from({ length: 3 }, () => String(randomInt(100_000)).padStart(5, "0")).join("");

/**
 * A marker that occurs in none of the texts: new for each prompt, so that no stored text can have guessed it, and
 * checked, so that none holds it by chance.
 */
export function chooseMarker(texts: readonly string[], generate: () => string = randomMarker): string {
  let marker = generate();
  // Grows rather than starts anew: longer than every text at the latest, it cannot occur in one.
  while (texts.some((text) => text.includes(marker))) marker += generate();
  return marker;
}
