import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { invalidQuestions } from "./question.ts";

/** A text file, as lines. */
export interface TextFile {
  readonly name: string;
  /** Those that are not empty. */
  readonly lines: readonly Line[];
}

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a UTF-8 file, with any line ends, with or without a byte order mark.
 * @param expected what the file or its folder should be, for the message
 * @throws {RagError} INVALID_QUESTIONS
 */
export async function readLines(path: string, expected: string): Promise<TextFile> {
  const name = basename(path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw invalidQuestions(`cannot read ${path} (${code}). ${expected}`, { file: path }, error);
  }
  if (!isUtf8(bytes))
    throw invalidQuestions(`${name}: not UTF-8. Save the file in that encoding.`, { file: path });
  const lines = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((text, index) => ({ number: index + 1, text }))
    .filter(({ text }) => text.trim() !== "");
  return { name, lines };
}

/** The JSON object of a line. @throws {RagError} INVALID_QUESTIONS */
export function objectOf({ name }: TextFile, line: Line): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    // The parser's own message quotes the line.
    refuse(name, line, "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    refuse(name, line, "not a JSON object");
  return value as Record<string, unknown>;
}

/** @throws {RagError} INVALID_QUESTIONS naming file and line */
export function refuse(name: string, { number }: Line, problem: string): never {
  throw invalidQuestions(`${name}, line ${number}: ${problem}.`, { file: name, line: number });
}
