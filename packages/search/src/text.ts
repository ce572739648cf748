/** Text that PostgreSQL can take: U+0000 and lone surrogates become spaces. */
export const storable = (text: string): string => text.replace(/[\p{Cs}\0]/gu, " ");

/** At most `length` UTF-16 code units, never half a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** A LIKE pattern's literal part, for `escape '\'`. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, "\\$&");
