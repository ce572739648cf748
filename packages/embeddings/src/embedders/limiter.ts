import { assertInteger } from "../validate.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type RemainingLimit, remainingOf } from "./response-headers.ts";

export interface LimiterOptions {
  /** Most requests in any 60 seconds. Default: no limit but what the provider's answers tell. */
  requestsPerMinute?: number;
  /** Most tokens in any 60 seconds, as estimated before a request is sent. Default likewise. */
  tokensPerMinute?: number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  now?: Clock["now"];
  /** Default: a timer. */
  wait?: Clock["wait"];
}

/** Whoever sends requests asks it first, and tells it of the answers. */
export interface Limiter {
  readonly tokensPerMinute: number | undefined;
  /**
   * Resolves when a request of so many tokens may be sent; in the order of asking, whatever the sizes.
   * A request above `tokensPerMinute` waits until a whole minute is free. Rejects with the signal's reason.
   */
  acquire(tokens: number, signal?: AbortSignal): Promise<void>;
  /** Lets nobody through for so many milliseconds, as a 429 asks. */
  pause(ms: number): void;
  /** Takes note of `x-ratelimit-remaining-*` and `x-ratelimit-reset-*`; `Headers` or an object. */
  report(headers: unknown): void;
}

const minuteMs = 60_000;

/**
 * One place in which all requests of a process wait their turn; pass it to each embedder that shares a key.
 * In no 60 seconds more is let through than allowed. Several processes each need their share of the limits.
 *
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * const limiter = createLimiter({ requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 });
 * const small = openaiEmbedder(client, { limiter });
 * const large = openaiEmbedder(client, { model: "text-embedding-3-large", limiter });
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { requestsPerMinute, tokensPerMinute, now = systemClock.now, wait = systemClock.wait } = options;
  for (const name of ["requestsPerMinute", "tokensPerMinute"] as const) {
    if (options[name] !== undefined) assertInteger(`createLimiter: ${name}`, options[name], { min: 1 });
  }
  const window = slidingMinute(requestsPerMinute, tokensPerMinute);
  const told = { requests: toldLimit(), tokens: toldLimit() };
  const queue: { tokens: number; admit(): void }[] = [];
  let pausedUntil = 0;
  let isPumping = false;
  let wake = new AbortController();

  const readyAt = (tokens: number): number =>
    Math.max(
      pausedUntil,
      window.readyAt(tokens, now()),
      told.requests.readyAt(1),
      told.tokens.readyAt(tokens),
    );

  function take(tokens: number): void {
    window.add(tokens, now());
    told.requests.take(1);
    told.tokens.take(tokens);
  }

  /** One at a time waits, the first of the queue; the others behind it. */
  async function pump(): Promise<void> {
    if (isPumping) return;
    isPumping = true;
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const delayMs = Math.ceil(readyAt(first.tokens) - now());
      if (delayMs > 0) {
        wake = new AbortController();
        await wait(delayMs, wake.signal).catch(() => {});
        continue;
      }
      queue.shift();
      take(first.tokens);
      first.admit();
    }
    isPumping = false;
  }

  return {
    tokensPerMinute,
    acquire: (tokens, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const waiter = {
          tokens,
          admit() {
            signal?.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = () => {
          queue.splice(queue.indexOf(waiter), 1);
          // The next one may need less time than the one that left.
          wake.abort();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", leave, { once: true });
        queue.push(waiter);
        void pump();
      }),
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    report(headers) {
      told.requests.tell(remainingOf(headers, "requests"), now());
      told.tokens.tell(remainingOf(headers, "tokens"), now());
    },
  };
}

/** What was let through in the last 60 seconds. */
function slidingMinute(maxRequests = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY) {
  const grants: { at: number; tokens: number }[] = [];
  let sum = 0;
  return {
    add(tokens: number, at: number): void {
      grants.push({ at, tokens: Math.min(tokens, maxTokens) });
      sum += Math.min(tokens, maxTokens);
    },
    /** When so many tokens fit: once enough of the oldest are a minute old. */
    readyAt(tokens: number, now: number): number {
      for (let oldest = grants[0]; oldest !== undefined && oldest.at + minuteMs <= now; oldest = grants[0]) {
        sum -= oldest.tokens;
        grants.shift();
      }
      let count = grants.length;
      let used = sum;
      let at = 0;
      for (const grant of grants) {
        if (count < maxRequests && used + Math.min(tokens, maxTokens) <= maxTokens) break;
        at = grant.at + minuteMs;
        count -= 1;
        used -= grant.tokens;
      }
      return at;
    },
  };
}

/** What the provider said is left, less what was taken since, refilled evenly until all is back. */
function toldLimit() {
  let last: (RemainingLimit & { at: number; left: number }) | undefined;
  return {
    tell(limit: RemainingLimit | undefined, at: number): void {
      if (limit !== undefined) last = { ...limit, at, left: limit.remaining };
    },
    take(count: number): void {
      if (last !== undefined) last.left -= count;
    },
    readyAt(count: number): number {
      if (last === undefined) return 0;
      const { left, remaining, limit, resetMs, at } = last;
      if (count <= left) return 0;
      // Without a limit in the headers the pace is unknown: wait until all is back.
      const share = limit === undefined ? 1 : (count - left) / Math.max(limit - remaining, 1);
      return at + resetMs * Math.min(share, 1);
    },
  };
}
