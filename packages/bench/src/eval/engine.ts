import type { CorpusDocument } from "./corpus.ts";
import type { EvalLanguage } from "./language.ts";

/** A search engine that holds a corpus. */
export interface Engine {
  readonly name: string;
  /** Ids of the best documents, best first, at most `limit`. */
  search(query: string, limit: number): Promise<string[]>;
}

export interface EngineCorpus {
  readonly documents: readonly CorpusDocument[];
  readonly language: EvalLanguage;
}
