import { estimateTokens } from "../chunking/estimate-tokens.ts";

/** The API's limit for one request. */
const maxInputs = 2_048;
/** The API allows 300,000; the tenth less is for what the estimate misses. */
const maxTokens = 270_000;

/** The texts in order, in as few requests as the limits of the API allow. */
export function* requestBatches(texts: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const more = requestTokens(text);
    if (batch.length === maxInputs || (batch.length > 0 && tokens + more > maxTokens)) {
      yield batch;
      batch = [];
      tokens = 0;
    }
    batch.push(text);
    tokens += more;
  }
  if (batch.length > 0) yield batch;
}

/** The API counts a quarter of the UTF-8 bytes before it counts tokens; whichever is more counts here. */
const requestTokens = (text: string): number =>
  Math.max(estimateTokens(text), Math.ceil(Buffer.byteLength(text) / 4));
