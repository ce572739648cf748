import { rowsOf, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import { bestCorrection } from "./best-correction.ts";
import type { SearchContext } from "./context.ts";
import { assertOwner, assertText, type CallOptions, chooseSources } from "./options.ts";
import { type Candidate, correctionsQuery, decodeCandidates } from "./queries/corrections.ts";
import { decodeInstalled, statisticsInstalledQuery } from "./queries/statistics-installed.ts";
import type { Source } from "./source.ts";
import { cut, storable } from "./text.ts";

export interface DidYouMeanOptions<S extends Source> extends CallOptions {
  /** What the person typed; its first 2,000 characters and 32 words of 3 to 60 letters count. */
  query: string;
  /** Names of the sources whose words correct it. Default: all. */
  sources?: readonly S["name"][] | undefined;
}

export interface Correction {
  /** As typed, in lower case. */
  word: string;
  suggestion: string;
  /** How many rows have the suggestion, as far as the caller may know. */
  documents: number;
}

export interface DidYouMean {
  /** The query with its corrections, everything else as typed; undefined where there are none. */
  correction: string | undefined;
  words: Correction[];
}

const maxQueryLength = 2_000;
const maxWords = 32;

/**
 * Words that no row has, with the word of the vocabulary that was most likely meant: the owner's own words, and those
 * that at least 5 owners use; with `allOwners` all. One small statement.
 */
export async function didYouMean<S extends Source>(
  context: SearchContext<S>,
  options: DidYouMeanOptions<S>,
): Promise<DidYouMean> {
  const verb = "didYouMean";
  assertText(verb, "query", options.query);
  const sources = chooseSources(verb, context.sources, options.sources);
  assertOwner(verb, sources, options);
  const query = cut(storable(options.query), maxQueryLength);
  const typed = [...new Set(wordsOf(query).map(({ word }) => word))].slice(0, maxWords);
  if (typed.length === 0) return { correction: undefined, words: [] };

  options.signal?.throwIfAborted();
  const names = sources.map(({ name }) => name);
  const candidates = await withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      if (!decodeInstalled(await rowsOf(db, statisticsInstalledQuery))) return [];
      options.signal?.throwIfAborted();
      return decodeCandidates(await rowsOf(db, correctionsQuery(typed, names)));
    }),
  );
  const words = typed.flatMap((word) => toCorrection(word, candidates));
  return { correction: words.length > 0 ? corrected(query, words) : undefined, words };
}

function toCorrection(word: string, candidates: readonly Candidate[]): Correction[] {
  const best = bestCorrection(
    word,
    candidates.filter(({ typed }) => typed === word),
  );
  return best ? [{ word, suggestion: best.word, documents: best.documents }] : [];
}

function corrected(query: string, words: readonly Correction[]): string {
  const suggestions = new Map(words.map(({ word, suggestion }) => [word, suggestion]));
  let [text, end] = ["", 0];
  for (const { word, start, length } of wordsOf(query)) {
    text += query.slice(end, start) + (suggestions.get(word) ?? query.slice(start, start + length));
    end = start + length;
  }
  return text + query.slice(end);
}

interface Word {
  /** In lower case. */
  readonly word: string;
  readonly start: number;
  readonly length: number;
}

/** Words of letters alone; parts of paths, addresses and identifiers are none. */
function wordsOf(query: string): Word[] {
  return [...query.matchAll(/[^\s"'’()[\]{},;!?«»-]+/gu)].flatMap(({ 0: run, index }) => {
    const [letters = ""] = run.match(/^[\p{L}\p{M}]{3,60}(?=[.:…]*$)/u) ?? [];
    const word = letters.normalize("NFC").toLowerCase();
    return word === "" ? [] : [{ word, start: index, length: letters.length }];
  });
}
