import { byteTokens, estimateTokens } from "../chunking/estimate-tokens.ts";
import { EmbeddingsError } from "../errors.ts";

/** A text as it is sent, and what it counts in a request. */
export interface PreparedInput {
  text: string;
  tokens: number;
}

export interface InputLimits {
  maxInputTokens: number;
  /** Default: the package's estimate. */
  countTokens?: ((text: string) => number) | undefined;
}

/** No token of any known tokenizer stands for more characters; a longer text need not be counted. */
const longestToken = 128;
const unsendable = /\0|\p{Surrogate}/gu;

/**
 * Texts as they are sent: as they are, but for what JSON or an API cannot carry: U+0000 and halves of surrogate pairs
 * become U+FFFD.
 * @throws {EmbeddingsError} INVALID_INPUT for blank texts and what is no string, INPUT_TOO_LONG; with `indexes`
 */
export function prepareInputs(texts: readonly string[], limits: InputLimits): PreparedInput[] {
  const blank = placesOf(texts, (text) => typeof text !== "string" || text.trim() === "");
  if (blank.length > 0) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `${textsAt(blank, texts.length)} blank or no string, which no provider embeds. Leave them out.`,
      { indexes: blank },
    );
  }
  const inputs = texts.map((text) => prepared(text, limits));
  const tooLong = placesOf(inputs, (input) => input === undefined);
  if (tooLong.length > 0) {
    throw new EmbeddingsError(
      "INPUT_TOO_LONG",
      `${textsAt(tooLong, texts.length)} longer than the ${limits.maxInputTokens} tokens that the model takes. Cut them with chunkText.`,
      { indexes: tooLong },
    );
  }
  return inputs.filter((input) => input !== undefined);
}

function prepared(text: string, { maxInputTokens, countTokens }: InputLimits): PreparedInput | undefined {
  if (text.length > maxInputTokens * longestToken) return undefined;
  // Providers estimate by bytes before they count, so both have to fit.
  const bytes = byteTokens(text);
  const tokens = countTokens === undefined ? Math.max(estimateTokens(text), bytes) : countTokens(text);
  if (tokens > maxInputTokens) return undefined;
  return { text: text.replace(unsendable, "\uFFFD"), tokens: Math.max(tokens, bytes) };
}

const placesOf = <T>(items: readonly T[], test: (item: T) => boolean): number[] =>
  [...items.keys()].filter((at) => test(items[at] as T));

/** `Text 3 of 10 is`, `Texts 3, 5 of 10 are`; at most ten are named. */
export function textsAt(places: readonly number[], count: number): string {
  const more = places.length > 10 ? ` and ${places.length - 10} more` : "";
  const numbers = places.slice(0, 10).join(", ") + more;
  return places.length === 1 ? `Text ${numbers} of ${count} is` : `Texts ${numbers} of ${count} are`;
}
