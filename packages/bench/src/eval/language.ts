import { stemmer as stemEnglish } from "@orama/stemmers/english";
import { stemmer as stemFrench } from "@orama/stemmers/french";
import { stopwords as english } from "@orama/stopwords/english";
import { stopwords as french } from "@orama/stopwords/french";
import type { CorpusDocument } from "./corpus.ts";

export type EvalLanguage = "en" | "fr";

/** Small letters without accents. */
export const fold = (text: string): string =>
  text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("œ", "oe").replaceAll("æ", "ae");

export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** Stems by Snowball; folded after, because the French stemmer looks at accents. */
export const stem = (word: string, language: EvalLanguage): string =>
  fold((language === "fr" ? stemFrench : stemEnglish)(word.toLowerCase()));

const stopWords: Record<EvalLanguage, ReadonlySet<string>> = {
  en: new Set(english.map(fold)),
  fr: new Set(french.map(fold)),
};
export const isStopWord = (word: string, language: EvalLanguage): boolean =>
  stopWords[language].has(fold(word));

/** The language whose stop words the documents have more of; of its first 200. */
export function detectLanguage(documents: readonly CorpusDocument[]): EvalLanguage {
  const words = documents.slice(0, 200).flatMap(({ title, text }) => wordsOf(`${title} ${text}`));
  const count = (language: EvalLanguage) => words.filter((word) => isStopWord(word, language)).length;
  return count("fr") > count("en") ? "fr" : "en";
}
