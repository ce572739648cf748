import { cut, storable } from "./text.ts";

/** A text that a person typed, and how it is to be found: as words, word by word, or as the start of a word. */
export interface QueryText {
  readonly text: string;
  readonly kind: "word" | "phrase" | "prefix";
}

/** A condition that a person typed, such as `-status:active,paused`. */
export interface FieldText {
  /** As typed. */
  readonly name: string;
  readonly values: readonly string[];
  readonly excluded: boolean;
}

/** What a person asked for, before the server stems it. */
export interface ParsedQuery {
  /** What should occur, in order: each a text, or several of which one is enough. */
  readonly clauses: readonly (readonly QueryText[])[];
  /** What must not occur. */
  readonly excluded: readonly QueryText[];
  /** Conditions on fields, in order. */
  readonly fields: readonly FieldText[];
}

/** Longest query that is read, in UTF-16 code units. */
export const maxQueryLength = 2_000;
/** Most texts that are searched for, that are excluded, and conditions that are read, each. */
export const maxClauses = 64;
/** Longest word that is read; as in `devora.identifier_vector`. */
const maxWordLength = 200;
/** Most values of one condition. */
const maxValues = 20;
/** Shorter starts of words match too much. */
const minPrefixLength = 2;

const tokens =
  /(?<minus>-?)(?:(?<name>[\p{L}_][\p{L}\p{N}_]*):(?:"(?<quotedValue>[^"]*)"|(?<value>[^\s"]+))|"(?<phrase>[^"]+)")|(?<bar>\|+)|(?<word>[^\s"|]+)/gu;
const joiner = /^(?:or|ou|OR|OU)$/;

/**
 * Reads a query: `words`, `"phrases"`, `prefix*`, `-exclusions` of these, `this or that` and `field:value`. Total:
 * every string has a reading, if an empty one.
 * - `or`, `ou`, `OR`, `OU` and `|` between two texts make alternatives of them. In small letters as well: both are
 *   stop words, so that as words they would ask for nothing, and of a question such as `chat ou chien` or
 *   `react or vue for a dashboard` rows with one of the two are wanted. At an end, or beside an exclusion or a
 *   condition, they are words like any other (`or` is French for gold).
 * - `name:value`, `name:"a value"`, `name:a,b` where `isField` knows the name; any other colon is text (`http://…`).
 * - Typographic quotes count as quotes, a quote without its partner as nothing. French elisions and English
 *   possessives lose their letter (`l'application` -> `application`, `jusqu'ici` -> `ici`).
 *
 * @example
 * parseQuery(`react or vue "state machine" -redux`);
 * // { clauses: [[react, vue], ["state machine"]], excluded: [redux], fields: [] }
 */
export function parseQuery(query: string, isField: (name: string) => boolean = () => false): ParsedQuery {
  const text = cut(storable(query), maxQueryLength).replace(/[“”„«»]/g, '"');
  const clauses: QueryText[][] = [];
  const excluded: QueryText[] = [];
  const fields: FieldText[] = [];
  /** Whether the next text may be an alternative of the last clause; and what joins them, until it came. */
  let open = false;
  let joint: string | undefined;
  const close = () => {
    if (joint !== undefined && joint !== "|") clauses.push([{ text: joint, kind: "word" }]);
    joint = undefined;
    open = false;
  };
  const add = (texts: readonly QueryText[]) => {
    const [first, ...rest] = texts;
    if (!first) return;
    const last = clauses.at(-1);
    if (joint !== undefined && last) last.push(first);
    else clauses.push([first]);
    clauses.push(...rest.map((one) => [one]));
    joint = undefined;
    open = true;
  };
  for (const { 0: token, groups = {} } of text.matchAll(tokens)) {
    const { minus = "", name, quotedValue, value, phrase, bar, word = token } = groups;
    if (name !== undefined && isField(name)) {
      close();
      const values = quotedValue !== undefined ? [quotedValue] : (value ?? "").split(",");
      fields.push({ name, values: given(values).slice(0, maxValues), excluded: minus !== "" });
    } else if (bar !== undefined || (joiner.test(token) && open)) {
      if (open) joint ??= bar === undefined ? token : "|";
    } else if (phrase !== undefined || (name !== undefined && quotedValue !== undefined)) {
      const words = name === undefined ? [] : wordsOf(name);
      const quoted = phraseOf(phrase ?? quotedValue ?? "");
      if (minus === "") add([...words, ...quoted]);
      else {
        close();
        excluded.push(...words, ...quoted);
      }
    } else if (/^-[\p{L}\p{N}]/u.test(word)) {
      close();
      excluded.push(...wordsOf(word.slice(1)));
    } else {
      // The value of what is no field may hold a bar, which joins as it does elsewhere.
      for (const [index, part] of word.split(/\|+/).entries()) {
        if (index > 0 && open) joint ??= "|";
        add(wordsOf(part));
      }
    }
  }
  close();
  return {
    clauses: distinctClauses(clauses),
    excluded: excluded.slice(0, maxClauses),
    fields: fields.slice(0, maxClauses),
  };
}

const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

const given = (values: readonly string[]): string[] =>
  values.map((value) => cut(value.trim(), maxWordLength)).filter((value) => value !== "");

const phraseOf = (text: string): QueryText[] =>
  hasWord(text) ? [{ text: text.trim(), kind: "phrase" }] : [];

/** Before an apostrophe these mean nothing. Single letters are dropped anyway; `qu` is a stop word, which tells French. */
const elided = /^(?:jusqu|lorsqu|puisqu|quoiqu)$/i;

/** The words of a token without white space: parted at apostrophes, elided ones dropped where others remain. */
function wordsOf(token: string): QueryText[] {
  const isPrefix = /[\p{L}\p{N}]\*+$/u.test(token);
  const parts = token.split(/['’ʼ‘`´＇]/u).filter(hasWord);
  const kept = parts.filter(
    (part, index) => part.length > 1 && !(index < parts.length - 1 && elided.test(part)),
  );
  const words = (kept.length > 0 ? kept : parts.slice(0, 1)).map((part) => cut(part, maxWordLength));
  return words.map((word, index) => {
    const start = word.replace(/\*+$/, "");
    const last = isPrefix && index === words.length - 1 && [...start].length >= minPrefixLength;
    return last ? { text: start, kind: "prefix" } : { text: word, kind: "word" };
  });
}

/** The first of each text, whatever its case, in the first clauses. */
function distinctClauses(clauses: readonly (readonly QueryText[])[]): QueryText[][] {
  const seen = new Set<string>();
  const isNew = ({ kind, text }: QueryText): boolean => {
    const key = `${kind} ${text.toLowerCase()}`;
    if (seen.has(key) || seen.size >= maxClauses) return false;
    seen.add(key);
    return true;
  };
  return clauses.map((texts) => texts.filter(isNew)).filter((texts) => texts.length > 0);
}
