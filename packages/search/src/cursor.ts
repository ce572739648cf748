import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { SearchError } from "./errors.ts";

/** What a page is ranked by, and where it ended: all that the next page needs to go on with the same ranking. */
export interface CursorPlace {
  /** Of the query and of everything else that decides what is found. */
  readonly hash: string;
  /** One for each term of the query. */
  readonly weights: readonly number[];
  /** Ordinals of the terms that choose the ranked rows of a relaxed search. */
  readonly candidates: readonly number[];
  readonly relaxed: boolean;
  /** Code is found by letters within its words. */
  readonly within: boolean;
  readonly total: number;
  readonly complete: boolean;
  /** Whether the owner has many rows, or may have. */
  readonly many: boolean;
  /** Ordinals of terms that no row has. */
  readonly unknown: readonly number[];
  /** The query that was searched in place of the one that found nothing. */
  readonly correctedQuery?: string | undefined;
  /** Whether so few rows match that an index on ids would be walked far for them. */
  readonly scattered: boolean;
  /** Most rows that one source ranks. */
  readonly cap: number;
  /** Whether a source's rows with the candidate terms are filled up with others that have any term. */
  readonly fill: boolean;
  /** The lowest ranked ids of each source of which not all matching rows are ranked; see `RankedSource`. */
  readonly floors: Readonly<Record<string, string>>;
  readonly fillFloors: Readonly<Record<string, string>>;
  /** What ages are counted from. */
  readonly rankedAt: string;
  /** The last row of the page. */
  readonly after?: { readonly score: number; readonly type: string; readonly id: string } | undefined;
}

/** A cursor that a call brought. */
export interface Cursor {
  readonly correctedQuery: string | undefined;
  /** @throws {SearchError} INVALID_CURSOR when it belongs to another query */
  placeOf(hash: string): CursorPlace;
}

export interface CursorCodec {
  encode(place: CursorPlace): string;
  /** @throws {SearchError} INVALID_CURSOR */
  decode(verb: string, cursor: unknown): Cursor;
}

/** Shorter secrets could be guessed from a cursor. */
const minSecretLength = 16;
/** Longer texts are no cursors of ours. */
const maxLength = 8_000;

/**
 * Cursors that only holders of the secret can make: the place as JSON, and its HMAC-SHA256.
 * @param secret default: 32 random bytes, so that cursors hold within this process
 * @throws {SearchError} INVALID_OPTION
 */
export function createCursorCodec(secret: string | Uint8Array = randomBytes(32)): CursorCodec {
  if (secret.length < minSecretLength) {
    throw new SearchError(
      "INVALID_OPTION",
      `createSearch: cursorSecret must have at least ${minSecretLength} characters; received ${secret.length}. Make one with randomBytes(32).toString("base64url"), and give it to all processes.`,
    );
  }
  const sign = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  return {
    encode: (place) => {
      const text = Buffer.from(JSON.stringify(place)).toString("base64url");
      return `${text}.${sign(text)}`;
    },
    decode: (verb, cursor) => {
      const invalid = (problem: string) =>
        new SearchError(
          "INVALID_CURSOR",
          `${verb}: cursor ${problem}. Pass nextCursor of the page before as it came, with the same query, filters and sources; or leave it out for the first page.`,
        );
      if (typeof cursor !== "string") throw invalid(`must be a string; received ${typeof cursor}`);
      const [text = "", signature = "", rest] = cursor.length > maxLength ? [] : cursor.split(".");
      const expected = Buffer.from(sign(text));
      const received = Buffer.from(signature);
      if (rest !== undefined || expected.length !== received.length || !timingSafeEqual(expected, received)) {
        throw invalid("was not made here, or was changed");
      }
      const place = JSON.parse(Buffer.from(text, "base64url").toString()) as CursorPlace;
      return {
        correctedQuery: place.correctedQuery,
        placeOf: (hash) => {
          if (place.hash !== hash) throw invalid("belongs to another query");
          return place;
        },
      };
    },
  };
}

/** Of everything that decides what is found and in which order, the page's size apart. */
export const queryHash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);
