/** True when PostgreSQL can store the text: no U+0000, no half of a surrogate pair. */
export const isStorableText = (text: string): boolean =>
  !text.includes("\u0000") && !/\p{Surrogate}/u.test(text);

/** The text with U+FFFD in place of what PostgreSQL cannot store. */
export const storableText = (text: string): string =>
  text.replaceAll("\u0000", "\ufffd").replace(/\p{Surrogate}/gu, "\ufffd");
