import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Passage, Retriever } from "@devora/rag";
import type { Corpus } from "./corpus.ts";
import { InputError } from "./input-error.ts";

/**
 * Recorded answers of a search engine as a retriever of documents: a header, then query-id, corpus-id, rank and score
 * with tabs between. It knows the questions of the corpus alone, by their texts.
 * @throws {InputError} naming the file and the line
 */
export async function readRun(path: string, { documents, queries }: Corpus): Promise<Retriever> {
  const found = parseRun(basename(path), await readText(path));
  const texts = new Map(documents.map((document) => [document.id, document]));
  const ids = new Map(queries.map(({ id, text }) => [plain(text), id]));
  return {
    async retrieve({ query, limit }) {
      const hits = found.get(ids.get(plain(query)) ?? "") ?? [];
      const passages = hits.flatMap(({ id, score }): Passage[] => {
        const document = texts.get(id);
        if (document === undefined) return [];
        const { title, text } = document;
        return [{ id, source: "documents", entityId: id, title, text, start: 0, end: text.length, score }];
      });
      return { passages: passages.slice(0, limit), complete: true };
    },
  };
}

interface RunHit {
  readonly id: string;
  readonly rank: number;
  readonly score: number;
}

/** Hits by query, best first. */
function parseRun(name: string, text: string): Map<string, RunHit[]> {
  const [, ...lines] = text.split(/\r?\n/);
  const found = new Map<string, RunHit[]>();
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    const [query = "", id = "", ...numbers] = line.split("\t");
    const [rank = Number.NaN, score = Number.NaN] = numbers.map(Number);
    if (query === "" || id === "" || numbers.length !== 2 || !(rank > 0) || !Number.isFinite(score))
      throw new InputError(
        `${name}, line ${index + 2}: must be query-id, corpus-id, rank and score, with tabs between.`,
      );
    found.set(query, [...(found.get(query) ?? []), { id, rank, score }]);
  });
  if (found.size === 0) throw new InputError(`${name}: no answers in it.`);
  for (const hits of found.values()) hits.sort((a, b) => a.rank - b.rank);
  return found;
}

/** Retrievers are asked without blanks at the ends and invisible characters. */
const plain = (query: string): string => query.replace(/[^\p{L}\p{N}]+/gu, " ").trim();

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new InputError(`cannot read ${path} (${code}). --run takes name=file.tsv.`, { cause: error });
  }
}
