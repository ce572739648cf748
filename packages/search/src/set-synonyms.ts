import { type Database, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SearchContext } from "./context.ts";
import { SearchError } from "./errors.ts";
import { synonymKey } from "./fold.ts";
import { assertText, chooseSources } from "./options.ts";
import { dropSynonymsQuery, keepSynonymsQuery } from "./queries/synonyms.ts";
import type { Source } from "./source.ts";
import { languagesOf } from "./terms.ts";
import { storable } from "./text.ts";

export interface SynonymOptions<S extends Source> {
  /** In whose rows the synonyms count. */
  source: S["name"];
  /** In rows of which language: `fr`, `en`, `simple` (code, and any other), or one that the source declares. */
  language: string;
  /** What people type, whatever its case and accents; several words for what they put in quotes. 1 to 100 characters. */
  word: string;
  /** Words and phrases that are found as well, up to 20; none forgets those there were. */
  synonyms: readonly string[];
  /** Your own transaction, of a role that may write `devora.search_synonyms`. Default: the service's. */
  db?: Database | undefined;
}

const maxSynonyms = 20;
const maxLength = 100;

/**
 * Keeps what a query for a word finds as well, for all owners. One direction: enter `k8s` and `kubernetes` both where
 * each is to find the other.
 *
 * @throws {SearchError} UNKNOWN_SOURCE, INVALID_OPTION
 * @throws {DatabaseError}
 */
export async function setSynonyms<S extends Source>(
  { db, serviceRole, sources }: SearchContext<S>,
  options: SynonymOptions<S>,
): Promise<void> {
  const verb = "setSynonyms";
  const [source] = chooseSources(verb, sources, [options.source]);
  assertText(verb, "word", options.word);
  const languages = source ? languagesOf(source) : [];
  if (!languages.includes(options.language)) refuse(`language must be one of ${languages.join(", ")}`);
  if (!Array.isArray(options.synonyms) || options.synonyms.length > maxSynonyms) {
    refuse(`synonyms must be a list of at most ${maxSynonyms} texts`);
  }
  const word = entry(options.word, "word");
  const synonyms = [...new Set(options.synonyms.map((synonym) => entry(synonym, "each synonym")))];
  const key = { source: options.source, language: options.language, word: synonymKey(word) };
  const query = synonyms.length === 0 ? dropSynonymsQuery(key) : keepSynonymsQuery({ ...key, synonyms });
  await withDatabaseErrors(`search.${verb}`, () =>
    options.db
      ? options.db.execute(query)
      : withService(db, (tx) => tx.execute(query), serviceRole === undefined ? {} : { role: serviceRole }),
  );
}

function entry(value: unknown, option: string): string {
  const text = typeof value === "string" ? storable(value).trim().replace(/\s+/g, " ") : "";
  if (text.length > maxLength || !/[\p{L}\p{N}]/u.test(text)) {
    refuse(
      `${option} must be a text of 1 to ${maxLength} characters with a letter or digit; received ${typeof value === "string" ? `one of ${value.length}` : typeof value}`,
    );
  }
  return text;
}

function refuse(problem: string): never {
  throw new SearchError("INVALID_OPTION", `setSynonyms: ${problem}. See SynonymOptions.`);
}
