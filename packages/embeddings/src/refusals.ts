import { EmbeddingsError, isEmbeddingsError } from "./errors.ts";

/** Refused by no provider for what it says. */
const harmlessText = "text";

export interface SieveOptions {
  model: string;
  /** Sends the texts at these places together; keeps what it gets. */
  send(places: readonly number[]): Promise<void>;
  /** Sends one text and keeps nothing. */
  probe(text: string): Promise<void>;
  /** Whether an error of either blames the texts. */
  isRefusal(error: unknown): boolean;
}

export interface Sieve {
  /** Sends these places; where they are refused, halves of them, until each refused one stood alone. */
  sift(places: readonly number[]): Promise<void>;
  /** The places refused so far. */
  readonly refused: ReadonlyMap<number, EmbeddingsError>;
}

/**
 * Finds the texts because of which requests are refused: about 2 log₂ n requests for one among n.
 *
 * A request may also be refused whatever its text (a wrong parameter, a model that does not fit). Before the first
 * text is blamed while none was accepted yet, a harmless one is sent; where that is refused too, no text is to
 * blame, and all ends with REQUEST_REFUSED after log₂ n requests.
 */
export function createSieve({ model, send, probe, isRefusal }: SieveOptions): Sieve {
  const refused = new Map<number, EmbeddingsError>();
  let hasAccepted = false;

  async function assertTextIsToBlame(): Promise<void> {
    if (hasAccepted) return;
    try {
      await probe(harmlessText);
      hasAccepted = true;
    } catch (error) {
      throw isRefusal(error) ? requestRefused(model, error) : error;
    }
  }

  async function sift(places: readonly number[]): Promise<void> {
    try {
      await send(places);
      hasAccepted = true;
    } catch (error) {
      if (!isRefusal(error) || !isEmbeddingsError(error)) throw error;
      const [only, ...others] = places;
      if (only !== undefined && others.length === 0) {
        await assertTextIsToBlame();
        refused.set(only, error);
        return;
      }
      const middle = Math.ceil(places.length / 2);
      await sift(places.slice(0, middle));
      await sift(places.slice(middle));
    }
  }
  return { sift, refused };
}

function requestRefused(model: string, error: unknown): EmbeddingsError {
  const status = isEmbeddingsError(error) ? error.status : undefined;
  return new EmbeddingsError(
    "REQUEST_REFUSED",
    `The embedder "${model}" refuses any text${status === undefined ? "" : ` (HTTP ${status})`}, so no text is to blame. Check its model, dimensions and other options; the provider's reason is the cause.`,
    { cause: isEmbeddingsError(error) ? (error.cause ?? error) : error, status },
  );
}
