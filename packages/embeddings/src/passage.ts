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
export function wantedChunks(row: SourceRow, context: Context): WantedChunk[] {
  const maxInputTokens = maxInputTokensOf(context);
  return chunkText(row.text, { ...context.chunking, kind: row.kind }).map((chunk, ordinal) => {
    const title = joinTitles(row.title.trim(), chunk.title);
    const input = inputOf(title, chunk.text, maxInputTokens);
    const { start, end, text, tokens } = chunk;
    return { ordinal, start, end, title, text, tokens, input, hash: hashOf(title, input) };
  });
}

/** Longest input that the embedder takes, and the candidate: what is embedded is the same for both. */
export const maxInputTokensOf = ({ embedder, candidate = embedder }: Context): number =>
  Math.min(embedder.maxInputTokens, candidate.maxInputTokens);

/** What is embedded of a passage. Said once: a text often begins with its own title. */
export const inputOf = (title: string, text: string, maxInputTokens: number): string =>
  cutToTokens(title === "" || text.startsWith(title) ? text : `${title}\n\n${text}`, maxInputTokens);

/** The row's title, then the headings; a first heading that is the title is not said twice. */
function joinTitles(title: string, headings: string): string {
  if (title === "" || headings === title || headings.startsWith(`${title} › `)) return headings;
  return headings === "" ? title : `${title} › ${headings}`;
}

const hashOf = (title: string, input: string): string =>
  createHash("sha256")
    .update(JSON.stringify([title, input]))
    .digest("hex");
