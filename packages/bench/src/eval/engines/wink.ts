import bm25 from "wink-bm25-text-search";
import nlp from "wink-nlp-utils";
import type { Engine, EngineCorpus } from "../engine.ts";
import { type EvalLanguage, isStopWord, stem, wordsOf } from "../language.ts";

/** It refuses to consolidate fewer. */
export const winkMinDocuments = 3;

/**
 * wink-bm25-text-search with the tasks of its documentation; of French, which wink-nlp-utils does not know, with like
 * ones. Fields weigh the same: with the weights of its example, made for other data, it loses .03.
 */
export function winkEngine({ documents, language }: EngineCorpus): Engine {
  const engine = bm25();
  engine.defineConfig({ fldWeights: { title: 1, text: 1 } });
  engine.definePrepTasks(tasks[language]);
  for (const { id, title, text } of documents) engine.addDoc({ title, text }, id);
  engine.consolidate();
  return {
    name: "wink-bm25",
    search: async (query, limit) => engine.search(query, limit).map(([id]) => id),
  };
}

const tasks: Record<EvalLanguage, readonly ((input: never) => unknown)[]> = {
  en: [
    nlp.string.lowerCase,
    nlp.string.tokenize0,
    nlp.tokens.removeWords,
    nlp.tokens.stem,
    nlp.tokens.propagateNegations,
  ],
  fr: [
    (text: string) =>
      wordsOf(text)
        .filter((word) => !isStopWord(word, "fr"))
        .map((word) => stem(word, "fr")),
  ],
};
