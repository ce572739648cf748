/** Languages that words are stemmed in; `simple` for none. */
export type Language = "fr" | "en" | "simple";

export const languages: readonly Language[] = ["fr", "en", "simple"];

const commonWords: Readonly<Record<"fr" | "en", ReadonlySet<string>>> = {
  fr: new Set(
    "le la les des du un une et est dans pour avec sur qui que nous vous pas sont cette aux par plus être ou votre vos au il elle ce ces leur mais comme".split(
      " ",
    ),
  ),
  en: new Set(
    "the an is and of to in for with that this are not you from by it be as or how what which does have has your can will was but they their when if".split(
      " ",
    ),
  ),
};

/**
 * Language of a text by its commonest words: the one that has at least three, and twice as many as the other;
 * `simple` where none has. Looks at the first 20,000 characters.
 */
export function textLanguageOf(text: string): Language {
  const counts = { fr: 0, en: 0 };
  for (const [word] of text
    .slice(0, 20_000)
    .toLowerCase()
    .matchAll(/\p{L}+/gu)) {
    if (commonWords.fr.has(word)) counts.fr += 1;
    if (commonWords.en.has(word)) counts.en += 1;
  }
  if (counts.fr >= 3 && counts.fr >= 2 * counts.en) return "fr";
  if (counts.en >= 3 && counts.en >= 2 * counts.fr) return "en";
  return "simple";
}
