import { createHash } from "node:crypto";
import { chunkText } from "./chunking/chunk-text.ts";
import { cutToTokens } from "./chunking/estimate-tokens.ts";
import type { Context } from "./context.ts";
import type { SourceRow } from "./queries/source-rows.ts";

/** A passage as it should be stored. */
export interface WantedChunk {
  ordinal: number;
  start: number;
  end: number;
  title: string;
  text: string;
  tokens: number;
  /** What is embedded: the title, then the text. */
  input: string;
  /** Of the input: the same hash needs no second vector. */
  hash: string;
}

/** The passages of a row. */
export function wantedChunks(source: string, row: SourceRow, embeddings: Context): WantedChunk[] {
  const { contextPrefix, ...sizes } = embeddings.chunking;
  const maxInputTokens = maxInputTokensOf(embeddings);
  const { entityId, kind } = row;
  const rowTitle = row.title.trim();
  return chunkText(row.text, { ...sizes, kind }).map((chunk, ordinal) => {
    const title = joinTitles(rowTitle, chunk.title);
    const context = { source, entityId, title: rowTitle, headings: chunk.title, kind };
    const prefix = contextPrefix === false ? "" : (contextPrefix?.(context) ?? title);
    const input = inputOf(prefix, chunk.text, maxInputTokens, sizes.countTokens);
    const { start, end, text, tokens } = chunk;
    return { ordinal, start, end, title, text, tokens, input, hash: hashOf(title, input) };
  });
}

/** Longest input that the embedder takes, and the candidate: what is embedded is the same for both. */
export const maxInputTokensOf = ({ embedder, candidate = embedder }: Context): number =>
  Math.min(embedder.maxInputTokens, candidate.maxInputTokens);

/** What is embedded of a passage. Said once: a text often begins with its own title. */
export const inputOf = (
  prefix: string,
  text: string,
  maxInputTokens: number,
  countTokens?: (text: string) => number,
): string =>
  fitted(
    prefix === "" || text.startsWith(prefix) ? text : `${prefix}\n\n${text}`,
    maxInputTokens,
    countTokens,
  );

/** The longest beginning that the embedder takes, by the estimate, and by the exact counter where there is one. */
function fitted(text: string, maxTokens: number, countTokens: Context["chunking"]["countTokens"]): string {
  let kept = cutToTokens(text, maxTokens);
  for (let most = maxTokens; countTokens !== undefined && countTokens(kept) > maxTokens && most > 1; ) {
    most = Math.floor(most * 0.8);
    kept = cutToTokens(kept, most);
  }
  return kept;
}

/** The row's title, then the headings; a first heading that is the title is not said twice. */
function joinTitles(title: string, headings: string): string {
  if (title === "" || headings === title || headings.startsWith(`${title} › `)) return headings;
  return headings === "" ? title : `${title} › ${headings}`;
}

const hashOf = (title: string, input: string): string =>
  createHash("sha256")
    .update(JSON.stringify([title, input]))
    .digest("hex");
