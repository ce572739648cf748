/**
 * A compound without its hyphen (`porte-monnaie`, `portemonnaie`), and a word that may be one with it: that is told of
 * an electronic thing alone (`email`, `e-mail`). Null for any other word.
 */
export function otherSpelling(word: string): string | null {
  const compound = /^(\p{L}+)[-‐‑](\p{L}+)$/u.exec(word);
  if (compound) return `${compound[1]}${compound[2]}`;
  const electronic = electronicThings.exec(word);
  return electronic ? `e-${electronic[1]}` : null;
}

const electronicThings =
  /^e(mails?|books?|commerce|learning|shop|shops|reader|readers|business|santé|services?)$/i;
